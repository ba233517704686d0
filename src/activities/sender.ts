import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { preciseNow } from '../clock.ts'
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
import type { WebhookDocument } from '../models/webhook.ts'
import { deliveryRequest } from '../outbound/delivery-request.ts'
import type { Poster } from '../outbound/post.ts'
import type { SendGate } from '../outbound/send-gate.ts'
import { retryAfterMs } from '../outbound/retry-after.ts'
import { withoutSlackPath } from '../outbound/slack-url.ts'
import { attemptDocument } from './attempt-document.ts'
import type { HealthWatch } from './health-watch.ts'

/** Beyond the attempt's own deadline: how long another process's open attempt is believed to be alive. */
const OPEN_MARGIN_MS = 5_000
/** Between attempts that fail at the egress proxy; there are as many as it takes. */
const PROXY_PAUSE_MS = 30_000

export type SenderDependencies = {
  models: Models
  ledger: Ledger
  poster: Poster
  logger: Logger
  health: Pick<HealthWatch, 'report' | 'gone'>
  metrics: Metrics
  version: string
  now: () => number
  random: () => number
}

/** What the row became, by this attempt; or another sender, or a person, had it; or its slot passed and nothing was sent. */
export type Sent =
  | {
      taken: false
      settlement: Settlement
      attempt: AttemptDocument
      endedMs: number
    }
  | { taken: true; unsent: boolean; endedMs: number | undefined }

/** When a request may leave at the earliest, and whether it still may when its connection is open. */
export type Turn = { startMs: number; gate?: SendGate }

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
  async attempt(
    row: DeliveryDocument,
    webhook: WebhookDocument,
    run: string,
    turn?: Turn,
  ): Promise<Sent> {
    const attempt = this.claimAndPost(row, webhook, run, turn)
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
    turn: Turn | undefined,
  ): Promise<Sent> {
    const { ledger, now } = this.deps
    const number = row.attempts + 1
    const startMs = Math.max(turn?.startMs ?? 0, dueTimeMs(row))
    const startedAt = new Date(Math.max(now(), startMs))
    const timeoutMs = durationMs(webhook.target.timeout)
    const claimed = await ledger.claim(row, {
      number,
      startedAt,
      until: new Date(startedAt.getTime() + timeoutMs + OPEN_MARGIN_MS),
      by: this.instance,
      run,
    })
    if (!claimed) return { taken: true, unsent: false, endedMs: undefined }
    await sleepUntil(startMs)
    const userAgent = `herald/${this.deps.version}`
    const request = deliveryRequest(row, webhook, { number, nowMs: now(), userAgent })
    const { url, headers, body } = request
    const answer = await this.deps.poster.post({
      url,
      headers,
      body,
      timeoutMs,
      gate: turn?.gate,
    })
    if (answer.error?.code === 'limited') {
      await ledger.giveBack(row, { number, by: this.instance })
      return { taken: true, unsent: true, endedMs: undefined }
    }
    const result = webhook.target.type === 'slack' ? withoutSlackPath(answer, url) : answer
    const settlement = this.settlementOf(row, webhook, result)
    const attempt = attemptDocument(row, webhook, { number, request, result, settlement })
    const isSettled = await ledger.settle(row, attempt, settlement)
    this.log(attempt)
    this.measure(row, attempt, settlement)
    const isSuccess = settlement.state === 'delivered'
    this.deps.health.report(row, webhook, { isSuccess, at: attempt.endedAt })
    const endedMs = result.endedAt
    if (!isSettled) return { taken: true, unsent: false, endedMs } // it was cancelled meanwhile
    return { taken: false, settlement, attempt, endedMs }
  }

  private settlementOf(
    row: DeliveryDocument,
    webhook: WebhookDocument,
    result: PostResult,
  ): Settlement {
    const { success, target } = webhook
    const outcome = outcomeOf(result, success, target.type)
    if (outcome.verdict === 'delivered') return { state: 'delivered' }
    const roundStartedAt = row.roundStartedAt ?? new Date(sentAtMs(result))
    if (result.error?.code === 'proxy_error') return notCharged(row, result, roundStartedAt)
    const failures = row.failures + 1
    const isGone = outcome.verdict === 'gone'
    if (isGone) this.disable(row, webhook, result)
    const status = result.response?.status ?? 0
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
  private disable(row: DeliveryDocument, webhook: WebhookDocument, result: PostResult): void {
    const at = new Date(result.endedAt)
    const detail =
      webhook.target.type === 'slack'
        ? `Slack ${describe(webhook, result)}.`
        : 'The receiver answered 410 Gone.'
    const reason = { code: goneCode(webhook), detail, at }
    this.deps.health.gone(row, webhook, reason)
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

/** Not a fraction of a millisecond early: timers are. */
async function sleepUntil(atMs: number): Promise<void> {
  for (let early = atMs - preciseNow(); early > 0; early = atMs - preciseNow())
    await sleep(Math.ceil(early))
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
