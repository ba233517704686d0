import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'
import { upsertSearchAttributes } from '@temporalio/workflow'
import { SEARCH_ATTRIBUTE_MAX } from '../delivery/search-attributes.ts'
import type { DeliveryState } from '../delivery/types.ts'

const DELIVERY_STATE = defineSearchAttributeKey('DeliveryState', SearchAttributeType.KEYWORD)
const WEBHOOK_IDS = defineSearchAttributeKey('WebhookIds', SearchAttributeType.KEYWORD_LIST)

/** What a workflow is marked with while it runs; each takes the place of those before it. */
const ORDER = ['pending', 'retrying', 'failed'] as const satisfies DeliveryState[]
type Trouble = (typeof ORDER)[number]

/**
 * Tells operators how a workflow stands from its first trouble on, while that lasts: they find it by DeliveryState and, where
 * they are few, by its webhooks. What goes well at once is never marked, so that it costs nothing.
 */
export class StateMark {
  private readonly webhooks: string[]
  private rank = -1

  constructor(webhooks: string[] = []) {
    this.webhooks = [...new Set(webhooks)].slice(0, SEARCH_ATTRIBUTE_MAX)
  }

  trouble(state: Trouble): void {
    const rank = ORDER.indexOf(state)
    if (rank <= this.rank) return
    const isFirst = this.rank < 0
    this.rank = rank
    upsertSearchAttributes([
      { key: DELIVERY_STATE, value: state },
      ...(isFirst && this.webhooks.length > 0 ? [{ key: WEBHOOK_IDS, value: this.webhooks }] : []),
    ])
  }

  /** The trouble is over, and nothing has failed; `mended`: it was that of a run before this one. */
  over(state: 'delivered' | 'cancelled', { mended }: { mended: boolean }): void {
    if (this.rank >= 0 || mended) upsertSearchAttributes([{ key: DELIVERY_STATE, value: state }])
  }
}
