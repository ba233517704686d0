import type { Outcome } from '../../delivery/outcome.ts'
import { nextDueAtMs } from '../../delivery/schedule.ts'
import { slackAnswer } from '../../delivery/slack-answer.ts'
import type { PostResult } from '../../delivery/types.ts'
import type { DeliveryDocument } from '../../models/deliveries/document.ts'
import type { Settlement } from '../../models/deliveries/updates.ts'
import type { WebhookDocument } from '../../models/webhooks/document.ts'
import { retryAfterMs } from '../../outbound/request/retry-after.ts'

/** Between attempts that fail at the egress proxy; there are as many as it takes. */
const PROXY_PAUSE_MS = 30_000

/** An attempt that has ended, and what that means. */
export type Judged = { result: PostResult; outcome: Outcome }

/** What the end of an attempt makes of its row: delivered, due again, or failed; what is nobody's fault is not charged. */
export function settlementOf(
  row: DeliveryDocument,
  webhook: WebhookDocument,
  { result, outcome, random }: Judged & { /** From 0 to 1. */ random: number },
): Settlement {
  if (outcome.verdict === 'delivered') return { state: 'delivered' }
  // not the receiver's doing: it counts against nothing, and is tried again at once
  if (result.error?.code === 'unknown') return { state: 'unknown', dueAt: new Date(result.endedAt) }
  const roundStartedAt = row.roundStartedAt ?? new Date(sentAtMs(result))
  if (result.error?.code === 'proxy_error') return notCharged(row, result, roundStartedAt)
  const failures = row.failures + 1
  const startedMs = { roundStartedAtMs: roundStartedAt.getTime(), startedAtMs: sentAtMs(result) }
  const dueAtMs =
    outcome.verdict === 'retry'
      ? nextDueAtMs(webhook.retry, {
          failures,
          ...startedMs,
          endedAtMs: result.endedAt,
          retryAfterMs: askedMs(result),
          random,
        })
      : null
  if (dueAtMs !== null)
    return { state: 'retrying', dueAt: new Date(dueAtMs), failures, roundStartedAt }
  const code = outcome.verdict === 'gone' ? goneCode(webhook) : outcome.code
  const detail = `Attempt ${failures} of the schedule: ${describe(webhook, result)}.`
  return { state: 'failed', reason: { code, detail }, failures }
}

/** Why the webhook is to be disabled: its receiver wants nothing more; undefined where it says no such thing. */
export function goneReason(webhook: WebhookDocument, { result, outcome }: Judged) {
  if (outcome.verdict !== 'gone') return undefined
  const detail =
    webhook.target.type === 'slack'
      ? `Slack ${describe(webhook, result)}.`
      : 'The receiver answered 410 Gone.'
  return { code: goneCode(webhook), detail, at: new Date(result.endedAt) }
}

/** How long the receiver asks to wait, where its status lets it. */
function askedMs({ response, endedAt }: PostResult): number | undefined {
  if (![429, 503].includes(response?.status ?? 0)) return undefined
  return retryAfterMs(response?.headers ?? {}, endedAt)
}

/** What the operator's proxy got wrong takes nothing of the receiver's schedule. */
function notCharged(
  { failures }: DeliveryDocument,
  { endedAt }: PostResult,
  roundStartedAt: Date,
): Settlement {
  const dueAt = new Date(endedAt + PROXY_PAUSE_MS)
  return { state: 'retrying', dueAt, failures, roundStartedAt }
}

/** When the request itself left, after looking up and connecting: what the receiver calls its start. */
function sentAtMs({ startedAt, timings }: PostResult): number {
  const { dnsMs, connectMs, tlsMs } = timings
  return startedAt + (dnsMs ?? 0) + (connectMs ?? 0) + (tlsMs ?? 0)
}

function goneCode({ target }: WebhookDocument): 'gone' | 'slack_gone' {
  return target.type === 'slack' ? 'slack_gone' : 'gone'
}

/** What came back, with Slack's word for it. */
function describe({ target }: WebhookDocument, { response, error }: PostResult): string {
  if (!response) return error?.detail ?? 'no answer'
  const word = target.type === 'slack' ? slackAnswer(response).word : undefined
  return `answered ${response.status}${word === undefined ? '' : ` ${word}`}`
}
