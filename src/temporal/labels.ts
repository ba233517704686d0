import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'
import type { Config } from '../config.ts'
import { SEARCH_ATTRIBUTE_MAX } from '../delivery/search-attributes.ts'
import type { EventLabels } from '../delivery/contract.ts'

const EVENT_TYPE = defineSearchAttributeKey('EventType', SearchAttributeType.KEYWORD_LIST)
const EVENT_ID = defineSearchAttributeKey('EventId', SearchAttributeType.KEYWORD)
export const TENANTS = defineSearchAttributeKey('Tenants', SearchAttributeType.KEYWORD_LIST)
export const WEBHOOK_IDS = defineSearchAttributeKey('WebhookIds', SearchAttributeType.KEYWORD_LIST)

/** Under which types, tenants, webhooks and, where it is one, id a group of events is found in Temporal Web. */
export function searchAttributesOf(events: EventLabels[], webhooks: string[] = []) {
  const distinct = (values: string[]) => [...new Set(values)].slice(0, SEARCH_ATTRIBUTE_MAX)
  const [first] = events
  return [
    { key: EVENT_TYPE, value: distinct(events.map((event) => event.type)) },
    { key: TENANTS, value: distinct(events.map((event) => event.tenant)) },
    ...(events.length === 1 && first ? [{ key: EVENT_ID, value: first.id }] : []),
    ...(webhooks.length > 0 ? [{ key: WEBHOOK_IDS, value: distinct(webhooks) }] : []),
  ]
}

/** At most 400 bytes: what Temporal Web shows in its list. */
export function summaryOf(events: EventLabels[]): string {
  const [first] = events
  if (events.length === 1 && first)
    return `${first.type}${first.subject ? ` · ${first.subject.slice(0, 60)}` : ''}`
  const counts = new Map<string, number>()
  for (const { type } of events) counts.set(type, (counts.get(type) ?? 0) + 1)
  const parts = [...counts].slice(0, 3).map(([type, count]) => `${type} ×${count}`)
  return `${events.length} events: ${parts.join(', ')}${counts.size > 3 ? ', …' : ''}`
}

/** The way back from Temporal Web to the console; none where herald does not know its own address. */
export function linkTo({ PUBLIC_URL }: Pick<Config, 'PUBLIC_URL'>, path: string) {
  return PUBLIC_URL === undefined ? {} : { staticDetails: `[Open in herald](${PUBLIC_URL}${path})` }
}
