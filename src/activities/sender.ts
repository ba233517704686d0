import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { durationMs } from '../delivery/duration.ts'
import { outcomeOf } from '../delivery/outcome.ts'
import { nextDueAtMs } from '../delivery/schedule.ts'
import { slackAnswer } from '../delivery/slack-answer.ts'
import type { PostResult } from '../delivery/types.ts'
import type { Logger } from '../logger.ts'
import type { Metrics } from '../metrics.ts'
import type { AttemptDocument } from '../models/attempt.ts'
import type { Models } from '../models/connect.ts'
import { type DeliveryDocument, dueTimeMs } from '../models/delivery.ts'
import type { Ledger, Settlement } from '../models/ledger.ts'
import { patiently } from '../models/patience.ts'
import { disableWebhook, type WebhookDocument } from '../models/webhook.ts'
import { type DeliveryRequest, deliveryRequest } from '../outbound/delivery-request.ts'
import type { Poster } from '../outbound/post.ts'
import { retryAfterMs } from '../outbound/retry-after.ts'
import { withoutSlackPath } from '../outbound/slack-url.ts'

/** Beyond the attempt's own deadline: how long another process's open attempt is believed to be alive. */
const OPEN_MARGIN_MS = 5_000

export type SenderDependencies = {
  models: Models
  ledger: Ledger
  poster: Poster
  logger: Logger
  metrics: Metrics
  version: string
  now: () => number
  random: () => number
}

/** What the row became, by this attempt; or another sender had it. */
export type Sent =
  { taken: false; settlement: Settlement; attempt: AttemptDocument } | { taken: true }

/** Makes single attempts. It knows the ones that are under way in this process, so that nobody declares them dead. */
export class Sender {
  private readonly instance = randomUUID()
  private readonly underWay = new Map<string, Promise<unknown>>()
  private readonly deps: SenderDependencies

  constructor(deps: SenderDependencies) {
    this.deps = deps
  }

  /** The attempt of this delivery that is under way in this process, if any. */
  current(delivery: string): Promise<unknown> | undefined {
    return this.underWay.get(delivery)
  }

  /** Takes the row's next attempt, makes the request, and records what came of it. Never throws for a receiver's fault. */
  async attempt(row: DeliveryDocument, webhook: WebhookDocument, run: string): Promise<Sent> {
    const attempt = this.claimAndPost(row, webhook, run)
    this.underWay.set(row._id, attempt)
    try {
      return await attempt
    } finally {
      this.underWay.delete(row._id)
    }
  }

  private async claimAndPost(
    row: DeliveryDocument,
    webhook: WebhookDocument,
    run: string,
  ): Promise<Sent> {
    const { ledger, now } = this.deps
    const number = row.attempts + 1
    const startedAt = new Date(Math.max(now(), dueTimeMs(row)))
    const timeoutMs = durationMs(webhook.target.timeout)
    const claimed = await ledger.claim(row, {
      number,
      startedAt,
      until: new Date(startedAt.getTime() + timeoutMs + OPEN_MARGIN_MS),
      by: this.instance,
      run,
    })
    if (!claimed) return { taken: true }
    const earlyMs = startedAt.getTime() - now()
    if (earlyMs > 0) await sleep(earlyMs)
    const userAgent = `herald/${this.deps.version}`
    const request = deliveryRequest(row, webhook, { number, nowMs: now(), userAgent })
    const { url, headers, body } = request
    const answer = await this.deps.poster.post({ url, headers, body, timeoutMs })
    const result = webhook.target.type === 'slack' ? withoutSlackPath(answer, url) : answer
    const settlement = this.settlementOf(row, webhook, result)
    const attempt = attemptDocument(row, webhook, { number, request, result, settlement })
    await ledger.settle(row, attempt, settlement)
    this.log(attempt)
    this.measure(row, attempt, settlement)
    return { taken: false, settlement, attempt }
  }

  private settlementOf(
    row: DeliveryDocument,
    webhook: WebhookDocument,
    result: PostResult,
  ): Settlement {
    const { success, target } = webhook
    const outcome = outcomeOf(result, success, target.type)
    if (outcome.verdict === 'delivered') return { state: 'delivered' }
    const failures = row.failures + 1
    const isGone = outcome.verdict === 'gone'
    if (isGone) this.disable(webhook, result)
    const status = result.response?.status ?? 0
    const roundStartedAt = row.roundStartedAt ?? new Date(sentAtMs(result))
    const dueAtMs =
      outcome.verdict === 'retry'
        ? nextDueAtMs(webhook.retry, {
            failures,
            roundStartedAtMs: roundStartedAt.getTime(),
            endedAtMs: result.endedAt,
            retryAfterMs: [429, 503].includes(status)
              ? retryAfterMs(result.response?.headers ?? {}, result.endedAt)
              : undefined,
            random: this.deps.random(),
          })
        : null
    if (dueAtMs !== null)
      return { state: 'retrying', dueAt: new Date(dueAtMs), failures, roundStartedAt }
    const code = isGone ? goneCode(webhook) : outcome.code
    const what = `Attempt ${failures} of the schedule: ${describe(webhook, result)}.`
    return { state: 'failed', reason: { code, detail: what }, failures }
  }

  /** The receiver wants nothing more. Recorded in the background, again until MongoDB answers. */
  private disable(webhook: WebhookDocument, result: PostResult): void {
    const at = new Date(result.endedAt)
    const detail =
      webhook.target.type === 'slack'
        ? `Slack ${describe(webhook, result)}.`
        : 'The receiver answered 410 Gone.'
    const reason = { code: goneCode(webhook), detail, at }
    patiently(() => disableWebhook(this.deps.models.webhooks, webhook._id, reason)).catch(
      (error: unknown) =>
        this.deps.logger.error({ webhook: webhook._id, error }, 'webhook.disable_failed'),
    )
  }

  private measure(row: DeliveryDocument, attempt: AttemptDocument, settlement: Settlement): void {
    const { outcome, code, timings, startedAt } = attempt
    const isRetry = attempt.number > 1 && row.dueAt !== undefined
    const latenessMs = isRetry ? startedAt.getTime() - dueTimeMs(row) : undefined
    const totalMs = timings?.totalMs ?? null
    this.deps.metrics.attemptEnded({ outcome, code, totalMs, latenessMs })
    this.deps.metrics.deliveryReached(settlement.state)
  }

  private log(attempt: AttemptDocument): void {
    const { delivery, event, webhook, tenant, number, outcome, code } = attempt
    const fields = { delivery, event, webhook, tenant, number, outcome, code }
    const status = attempt.response?.status
    this.deps.logger.info({ ...fields, status, ...attempt.timings }, 'delivery.attempted')
  }
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

function attemptDocument(
  row: DeliveryDocument,
  webhook: WebhookDocument,
  made: {
    number: number
    request: DeliveryRequest
    result: PostResult
    settlement: Settlement
  },
): AttemptDocument & { endedAt: Date } {
  const { number, request, result, settlement } = made
  const outcome = outcomeOf(result, webhook.success, webhook.target.type)
  return {
    _id: `${row._id}/${number}`,
    tenant: row.tenant,
    delivery: row._id,
    event: row.event,
    webhook: row.webhook,
    number,
    startedAt: new Date(result.startedAt),
    endedAt: new Date(result.endedAt),
    outcome: outcome.verdict === 'delivered' ? 'delivered' : 'failed',
    ...('code' in outcome ? { code: outcome.code } : {}),
    ...(result.error ? { detail: result.error.detail } : {}),
    request: request.shown,
    ...(result.response ? { response: result.response } : {}),
    timings: result.timings,
    ...(settlement.state === 'retrying' ? { nextAttemptAt: settlement.dueAt } : {}),
  }
}
