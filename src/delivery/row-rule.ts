import type { EndingCode, Reason } from './failure-codes.ts'
import type { RateLimit, WebhookState } from './types.ts'

/** As much of a webhook as decides what may become of what it is owed; null where it is gone. */
export type RuledWebhook = {
  state: WebhookState
  rateLimit: RateLimit | null
  deletedAt?: Date | undefined
  stateReason?: { detail: string } | undefined
  fault?: object | undefined
} | null
/** A test is what a person sends to see whether it works. */
export type RuledDelivery = { test?: boolean | undefined }

type Sent = { rule: 'send' | 'lane' }
type Ended = { rule: 'end'; state: 'failed' | 'cancelled'; reason: Reason }
export type RowRule = Sent | { rule: 'wait' } | Ended
export type NewRowRule = Sent | { rule: 'end'; state: 'skipped' | 'cancelled'; reason: Reason }

const DELETED = {
  rule: 'end',
  state: 'cancelled',
  reason: { code: 'webhook_deleted', detail: 'The webhook was deleted.' },
} as const

/**
 * What happens to an owed delivery, by the state of its webhook now: an active one's is sent, by its lane where a rate limit
 * holds; a paused one's waits, as does that of one whose secrets cannot be read; a disabled one's fails; a deleted one's is
 * cancelled. A test is sent past pause, disabling and, then, the lane, which stands still.
 */
export function ruleOf(webhook: RuledWebhook, delivery: RuledDelivery): RowRule {
  if (!webhook || webhook.deletedAt) return DELETED
  if (webhook.state === 'disabled' && !delivery.test) {
    const detail = `The webhook is disabled: ${webhook.stateReason?.detail ?? 'no reason given'}`
    return { rule: 'end', state: 'failed', reason: { code: 'webhook_disabled', detail } }
  }
  if (webhook.fault) return { rule: 'wait' }
  if (webhook.state === 'active') return { rule: carriageOf(webhook, delivery) }
  return { rule: delivery.test ? 'send' : 'wait' }
}

/** What becomes of a delivery as its event comes: to a webhook that is not active nothing is owed, but it is on record. */
export function newRowRule(
  webhook: RuledWebhook,
  delivery: RuledDelivery & { filterError?: string | undefined },
): NewRowRule {
  if (!webhook || webhook.deletedAt) return DELETED
  const skipped = (code: EndingCode, detail: string) =>
    ({ rule: 'end', state: 'skipped', reason: { code, detail } }) as const
  if (delivery.filterError !== undefined) return skipped('filter_error', delivery.filterError)
  if (webhook.state === 'active' || delivery.test) return { rule: carriageOf(webhook, delivery) }
  return skipped(
    `webhook_${webhook.state}`,
    `The webhook was ${webhook.state} when the event came.`,
  )
}

/**
 * Who carries a delivery that is owed, also while it waits: `lane` where the webhook's limit holds for it, else a workflow
 * that may `send` it. A test goes past the lane of a webhook that is not active.
 */
export function carriageOf(
  { state, rateLimit }: NonNullable<RuledWebhook>,
  { test }: RuledDelivery,
): 'lane' | 'send' {
  return rateLimit && (state === 'active' || !test) ? 'lane' : 'send'
}
