import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { preciseNow } from '../../clock.ts'
import { durationMs } from '../../delivery/duration.ts'
import { OPEN_MARGIN_MS } from '../../delivery/pass-limit.ts'
import { outcomeOf } from '../../delivery/outcome.ts'
import type { Carrier } from '../../delivery/types.ts'
import type { Logger } from '../../logger.ts'
import type { Metrics } from '../../metrics.ts'
import {
  type AttemptRecord,
  type EndedAttempt,
  writeRecord,
} from '../../models/deliveries/attempt.ts'
import { type DeliveryDocument, dueTimeMs } from '../../models/deliveries/document.ts'
import type { Claim, Claimed, Claims } from '../../models/deliveries/claims.ts'
import type { Settled } from '../../models/deliveries/late-results.ts'
import type { Settlement } from '../../models/deliveries/updates.ts'
import type { WebhookDocument } from '../../models/webhooks/document.ts'
import { deliveryRequest } from '../../outbound/request/delivery-request.ts'
import type { Poster } from '../../outbound/post.ts'
import type { SendGate } from '../../outbound/connect/send-gate.ts'
import { withoutSlackPath } from '../../outbound/slack/url.ts'
import { attemptRecord } from './attempt-record.ts'
import { goneReason, settlementOf } from './settlement.ts'
import type { AttemptTally } from '../health/attempt-tally.ts'
import type { HealthWatch } from '../health/watch.ts'

/** A claim that is older than this when its request is to leave is renewed first: its writing may have waited for MongoDB. */
const CLAIM_FRESH_MS = 2_000

export type SenderDependencies = {
  claims: Claims
  poster: Poster
  logger: Logger
  health: Pick<HealthWatch, 'report' | 'gone'>
  metrics: Metrics
  tally: Pick<AttemptTally, 'note'>
  version: string
  now: () => number
  random: () => number
}

/**
 * What became of an attempt. `settled`: its result is on record and made this of its row; `ended`: it is on record, but the
 * row had been ended meanwhile; `unsent`: its turn passed, nothing left, its number is free again; `lost`: another sender has it.
 */
export type Sent =
  | { outcome: 'settled'; settlement: Settlement; attempt: AttemptRecord; endedMs: number }
  | { outcome: 'ended'; endedMs: number }
  | { outcome: 'unsent' | 'lost' }

/** What an attempt came to, before it is on record. */
export type Made = {
  settlement: Settlement
  attempt: EndedAttempt
  endedMs: number
  gone?: ReturnType<typeof goneReason>
}

/** An attempt that this process has taken and not sent yet. */
export type ClaimedRow = {
  readonly row: DeliveryDocument
  readonly claim: Claim
  believedUntilMs: number
}
/** What is asked at a request's first byte, and told at the last one of its answer. */
export type Turn = { gate?: SendGate; answered?: () => void }

/** Makes single attempts. It knows the ones that are under way in this process, so that nobody declares them dead. */
export class Sender {
  /** By the token of the claim. */
  private readonly underWay = new Map<string, { ended: Promise<void>; end: () => void }>()
  private readonly deps: SenderDependencies

  constructor(deps: SenderDependencies) {
    this.deps = deps
  }

  /** The attempt of this claim, if it is under way in this process. */
  current(token: string): Promise<void> | undefined {
    return this.underWay.get(token)?.ended
  }

  /** Takes the row's next attempt for this carrier, to be sent or given back; undefined where somebody else has it. */
  async claim(
    row: DeliveryDocument,
    webhook: WebhookDocument,
    carrier: Carrier,
    startMs = 0,
  ): Promise<ClaimedRow | undefined> {
    const token = randomUUID()
    const startedAt = new Date(Math.max(this.deps.now(), startMs, dueTimeMs(row)))
    const until = believedUntil(startedAt.getTime(), webhook)
    const number = row.attempts + 1
    const open = { number, startedAt, until, token, run: carrier.run }
    this.begin(token)
    try {
      const claimed = await this.deps.claims.claim(row, open, carrier)
      if (claimed === 'claimed')
        return { row, claim: { number, token }, believedUntilMs: until.getTime() }
    } catch (error) {
      this.over(token)
      throw error
    }
    this.over(token)
    return undefined
  }

  /** Waits until a claimed attempt may start, and renews a claim that has waited for long; who is told `lost` must not send. */
  async ready(claimed: ClaimedRow, webhook: WebhookDocument, startMs = 0): Promise<Claimed> {
    await sleepUntil(Math.max(startMs, dueTimeMs(claimed.row)))
    const until = believedUntil(this.deps.now(), webhook)
    if (until.getTime() - claimed.believedUntilMs <= CLAIM_FRESH_MS) return 'claimed'
    claimed.believedUntilMs = until.getTime()
    const renewed = await this.deps.claims.renew(claimed.row, claimed.claim, until)
    if (renewed === 'lost') this.over(claimed.claim.token)
    return renewed
  }

  /** Gives a claimed attempt back: nothing was sent. */
  async giveBack({ row, claim }: ClaimedRow): Promise<void> {
    await this.deps.claims.giveBack(row, claim).finally(() => this.over(claim.token))
  }

  /** Makes the request of a claimed attempt, now, and records what came of it. Never throws for a receiver's fault. */
  async send(claimed: ClaimedRow, webhook: WebhookDocument, turn: Turn): Promise<Sent> {
    try {
      return await this.post(claimed, webhook, turn)
    } finally {
      this.over(claimed.claim.token)
    }
  }

  /** Takes the first attempt of a new row, which no row in MongoDB shows yet. Its end is to be told by `over`. */
  take(row: DeliveryDocument, webhook: WebhookDocument): ClaimedRow {
    const token = randomUUID()
    this.begin(token)
    const until = believedUntil(this.deps.now(), webhook)
    return { row, claim: { number: row.attempts + 1, token }, believedUntilMs: until.getTime() }
  }

  /** Makes the request of a taken attempt; undefined where its gate let nothing out. Throws where none can be made. */
  async make(
    { row, claim }: ClaimedRow,
    webhook: WebhookDocument,
    turn: Turn,
  ): Promise<Made | undefined> {
    const { number } = claim
    const { now, version, poster, random } = this.deps
    const asked = { number, nowMs: now(), userAgent: `herald/${version}` }
    const request = deliveryRequest(row, webhook, asked)
    const timeoutMs = durationMs(webhook.target.timeout)
    const { url, headers, body } = request
    const answer = await poster.post({ url, headers, body, timeoutMs, gate: turn.gate })
    turn.answered?.()
    if (answer.error?.code === 'limited') return undefined
    const result = webhook.target.type === 'slack' ? withoutSlackPath(answer, url) : answer
    const outcome = outcomeOf(result, webhook.success, webhook.target.type)
    const judged = { result, outcome }
    const settlement = settlementOf(row, webhook, { ...judged, random: random() })
    const gone = goneReason(webhook, judged)
    const attempt = attemptRecord({ ...judged, number, request, settlement })
    return { settlement, attempt, endedMs: result.endedAt, ...(gone && { gone }) }
  }

  /** Puts what an attempt came to on record, without its answer where MongoDB refuses that, and tells of it. */
  async settle({ row, claim }: ClaimedRow, webhook: WebhookDocument, made: Made): Promise<Settled> {
    const settled = { ...claim, settlement: made.settlement }
    const { claims } = this.deps
    const became = await writeRecord(made.attempt, (one) => claims.settle(row, one, settled))
    this.told(row, webhook, made)
    return became
  }

  /** Sends what an attempt came to without waiting for its row to be stored; `settle` follows, and tells what is wrong. */
  async offer({ row, claim }: ClaimedRow, { attempt, settlement }: Made): Promise<void> {
    await this.deps.claims.offer(row, attempt, { ...claim, settlement }).catch(() => undefined)
  }

  /** Tells log, metrics and health of an attempt that is on record. */
  told(row: DeliveryDocument, webhook: WebhookDocument, made: Made): void {
    const { attempt, settlement, gone } = made
    if (gone) this.deps.health.gone(row, webhook, gone)
    this.log(row, made)
    const { outcome, code, timings, startedAt } = attempt
    const isRetry = attempt.number > 1 && row.dueAt !== undefined
    const latenessMs = isRetry ? startedAt.getTime() - dueTimeMs(row) : undefined
    const { metrics, health, tally } = this.deps
    const totalMs = timings?.totalMs ?? null
    metrics.attemptEnded({ outcome, code, totalMs, latenessMs })
    tally.note(row, { outcome, totalMs, endedMs: attempt.endedAt.getTime() })
    if (settlement.state === 'unknown') return
    metrics.deliveryReached(settlement.state)
    health.report(row, webhook, {
      isSuccess: settlement.state === 'delivered',
      at: attempt.endedAt,
    })
  }

  /** An attempt that was taken is over: whoever waits for it goes on. */
  over(token: string): void {
    this.underWay.get(token)?.end()
    this.underWay.delete(token)
  }

  private async post(claimed: ClaimedRow, webhook: WebhookDocument, turn: Turn): Promise<Sent> {
    const made = await this.madeOrGivenBack(claimed, webhook, turn)
    if (!made) {
      await this.giveBack(claimed)
      return { outcome: 'unsent' }
    }
    return (await this.settle(claimed, webhook, made)) === 'ended'
      ? { outcome: 'ended', endedMs: made.endedMs }
      : { outcome: 'settled', ...made }
  }

  /** A request that cannot be made gives the attempt back: nothing was sent. */
  private madeOrGivenBack(claimed: ClaimedRow, webhook: WebhookDocument, turn: Turn) {
    return this.make(claimed, webhook, turn).catch(async (error: unknown) => {
      await this.giveBack(claimed)
      throw error
    })
  }

  private begin(token: string): void {
    let end = () => {}
    const ended = new Promise<void>((resolve) => (end = resolve))
    this.underWay.set(token, { ended, end })
  }

  private log({ _id, event, webhook, tenant }: DeliveryDocument, made: Made): void {
    if (!this.deps.logger.isLevelEnabled('info')) return
    const { number, outcome, code, response, timings } = made.attempt
    const { state } = made.settlement
    const fields = { delivery: _id, event, webhook, tenant, attempt: number, outcome, state, code }
    this.deps.logger.info({ ...fields, status: response?.status, ...timings }, 'delivery.attempted')
  }
}

function believedUntil(startMs: number, { target }: WebhookDocument): Date {
  return new Date(startMs + durationMs(target.timeout) + OPEN_MARGIN_MS)
}

/** Not a fraction of a millisecond early: timers are. */
async function sleepUntil(atMs: number): Promise<void> {
  for (let early = atMs - preciseNow(); early > 0; early = atMs - preciseNow())
    await sleep(Math.ceil(early))
}
