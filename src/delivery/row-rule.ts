import type { RateLimit, WebhookState } from './types.ts'

/** As much of a webhook as decides what may become of what it is owed; null where it is gone. */
export type RuledWebhook = {
  state: WebhookState
  rateLimit: RateLimit | null
  deletedAt?: Date | undefined
  stateReason?: { detail: string } | undefined
  fault?: object | undefined
} | null

/** Why a delivery ends without an attempt. */
type Ending = {
  state: 'failed' | 'cancelled'
  reason: { code: 'webhook_deleted' | 'webhook_disabled'; detail: string }
}
export type RowRule = { rule: 'send' | 'lane' | 'wait' } | ({ rule: 'end' } & Ending)

/**
 * What happens to an owed delivery, by the state of its webhook now: an active one's is sent, by its lane where a rate limit
 * holds; a paused one's waits, as does that of one whose secrets cannot be read; a disabled one's fails; a deleted one's is
 * cancelled. A test is sent past pause, disabling and, then, the lane, which stands still.
 */
export function ruleOf(webhook: RuledWebhook, delivery: { test?: boolean | undefined }): RowRule {
  if (!webhook || webhook.deletedAt) {
    const reason = { code: 'webhook_deleted', detail: 'The webhook was deleted.' } as const
    return { rule: 'end', state: 'cancelled', reason }
  }
  if (webhook.state === 'disabled' && !delivery.test) {
    const detail = `The webhook is disabled: ${webhook.stateReason?.detail ?? 'no reason given'}`
    return { rule: 'end', state: 'failed', reason: { code: 'webhook_disabled', detail } }
  }
  if (webhook.fault) return { rule: 'wait' }
  if (webhook.state === 'active') return { rule: webhook.rateLimit ? 'lane' : 'send' }
  return { rule: delivery.test ? 'send' : 'wait' }
}
