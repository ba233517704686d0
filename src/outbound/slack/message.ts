import type { ContextBlock, KnownBlock, MrkdwnElement, SectionBlock } from '@slack/types'
import type { EventEnvelope, SlackTarget } from '../../delivery/types.ts'
import type { Body } from '../request/envelope.ts'
import { readable } from '../../json/value.ts'
import { anyFields, humanName, knownFields, type SlackField } from './fields.ts'
import { SLACK_LAYOUTS } from './layouts.ts'
import { hasValues, renderTemplate } from './template.ts'
import { escapeSlack, SLACK_LIMITS, shortened } from './text.ts'

export type SlackMessage = { text: string; blocks: KnownBlock[] }
/** Where a reader finds more; absent where no public address is configured. */
export type SlackLinks = { delivery?: string | undefined }

/**
 * Shorter than Slack's own limits of a field (2,000) and of `text` (4,000): a channel is read at a glance, and Slack
 * refuses some 13,000 characters in all blocks (`msg_blocks_too_long`, undocumented).
 */
const LABEL_MAX = 100
const VALUE_MAX = 400
const LINK_MAX = 1_000

/**
 * The message of an event for people: what happened, to whom, the main fields and where to find more; or the webhook's
 * template. Every value is escaped and shortened to Slack's limits, so it never fails, whatever the event holds.
 */
export function slackMessage(
  event: EventEnvelope,
  { template }: Pick<SlackTarget, 'template'>,
  links: SlackLinks,
): SlackMessage {
  if (template !== undefined) {
    const text = renderTemplate(template, event)
    return { text, blocks: [{ type: 'section', text: mrkdwn(text) }, footer(event, links, 0)] }
  }
  const layout = SLACK_LAYOUTS.get(event.type)
  const title = layout?.title ?? humanName(event.type)
  const summary =
    layout?.summary !== undefined && hasValues(layout.summary, event)
      ? renderTemplate(layout.summary, event)
      : undefined
  const known = layout ? knownFields(event, layout) : []
  const isKnown = known.length > 0 || summary !== undefined
  const all = [...aboutFields(event), ...(isKnown ? known : anyFields(event.data))]
  const fields = all.slice(0, SLACK_LIMITS.fields)
  return {
    text: fallback([title, readable(event.subject)], summary),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: shortened(title, SLACK_LIMITS.header) } },
      ...section(summary, fields),
      footer(event, links, all.length - fields.length),
    ],
  }
}

/** The body of a delivery to Slack. */
export function slackBody(event: EventEnvelope, target: SlackTarget, links: SlackLinks): Body {
  const message = slackMessage(event, target, links)
  return { body: JSON.stringify(message), contentType: 'application/json' }
}

function aboutFields({ subject, reference }: EventEnvelope): SlackField[] {
  return [
    { label: 'Subject', value: readable(subject) },
    { label: 'Reference', value: readable(reference) },
  ].flatMap(({ label, value }) => (value === undefined ? [] : [{ label, value }]))
}

/** What notifications and screen readers say instead of the blocks. */
function fallback(names: (string | undefined)[], summary: string | undefined): string {
  const parts = names.flatMap((name) => (name === undefined ? [] : [shortened(name, VALUE_MAX)]))
  return [...parts, ...(summary === undefined ? [] : [summary])].join(' · ')
}

function section(summary: string | undefined, fields: SlackField[]): SectionBlock[] {
  if (summary === undefined && fields.length === 0) return []
  return [
    {
      type: 'section',
      ...(summary !== undefined && { text: mrkdwn(summary) }),
      ...(fields.length > 0 && {
        fields: fields.map(({ label, value }) =>
          mrkdwn(`*${shortened(label, LABEL_MAX)}*\n${shortened(value, VALUE_MAX)}`),
        ),
      }),
    },
  ]
}

function footer(event: EventEnvelope, { delivery }: SlackLinks, more: number): ContextBlock {
  const texts = [
    shortened(event.type, LABEL_MAX),
    time(event),
    ...(event.test ? ['test event'] : []),
    ...(more > 0 ? [`${more} more ${more === 1 ? 'field' : 'fields'}`] : []),
    link(delivery) ?? shortened(event.id, LABEL_MAX),
  ]
  return { type: 'context', elements: texts.map(mrkdwn) }
}

/** Slack shows it in the zone of whoever reads it. */
function time({ occurredAt, receivedAt }: EventEnvelope): string {
  const occurredAtMs = Date.parse(occurredAt ?? receivedAt)
  const at = new Date(Number.isNaN(occurredAtMs) ? Date.parse(receivedAt) : occurredAtMs)
  const seconds = Math.floor(at.getTime() / 1_000)
  return `<!date^${seconds}^{date_short_pretty}, {time_secs}|${at.toISOString()}>`
}

function link(url: string | undefined): string | undefined {
  if (url === undefined || url.length > LINK_MAX || /[<>|\s]/.test(url)) return undefined
  return `<${escapeSlack(url)}|Delivery>`
}

/** Verbatim: Slack looks for no names, channels and links in what the event says. */
function mrkdwn(text: string): MrkdwnElement {
  return { type: 'mrkdwn', text, verbatim: true }
}
