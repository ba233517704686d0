import { setMaxListeners } from 'node:events'
import { preciseNow } from '../../clock.ts'
import { type Rate, rateOf } from '../../delivery/slot-rule.ts'
import { headersByName } from '../../models/deliveries/attempt.ts'
import type { WebhookDocument } from '../../models/webhooks/document.ts'
import { retryAfterMs } from '../../outbound/request/retry-after.ts'
import type { Caps } from '../deliver/caps.ts'
import { DrainRate } from '../deliver/drain-rate.ts'
import type { Bell } from './bells.ts'
import { isOver, leadMs } from './pass-time.ts'
import type { LaneQueue } from './queue.ts'
import { LaneRest, type PassEnd } from './rest.ts'
import type { LaneSlots, Turn } from './slots.ts'
import type { LaneStock } from './stock.ts'
import type { ClaimedRow, Sender, Sent } from '../deliver/sender.ts'
import type { Release } from '../deliver/permits.ts'

/** Who waits for a place for so long gets no rows beyond those that are likely to leave. */
const CROWDED_MS = 200
/** So many rows in a row that go wrong, and the fault is not theirs. */
const FAILURES_MAX = 10

type Dependencies = {
  sender: Sender
  caps: Caps
  queue: LaneQueue
  stock: LaneStock
  slots: LaneSlots
  bell: Bell
  /** The webhook as it is now; undefined if nothing may be sent to it at the moment. */
  active: () => WebhookDocument | undefined
  settled: (delivery: string) => void
  stopping: AbortSignal
}

type Taken = { webhook: WebhookDocument; claimed: ClaimedRow; turn: Turn | undefined }

/**
 * Sends what a lane holds, as fast as its limit and its receiver allow, for about ten seconds. Rows are claimed and slots
 * stored ahead; when both are there and the ring lets a request start, it waits for its turn under the caps as all others
 * do, and leaves with it.
 */
export class LanePass {
  /** Requests of this pass that have ended. */
  sent = 0
  private readonly deps: Dependencies
  private readonly beganMs = preciseNow()
  /** When each request began; the oldest first. */
  private readonly inFlight = new Map<Promise<void>, number>()
  /** When each request asked for its place. */
  private readonly asked = new Map<Promise<void>, number>()
  private readonly leaving = new AbortController()
  private readonly answers = new DrainRate(preciseNow())
  private open = 0
  private failures = 0
  private readonly rest = new LaneRest()
  private failure: { error: unknown } | undefined

  constructor(deps: Dependencies) {
    this.deps = deps
    setMaxListeners(0, this.leaving.signal)
  }

  /** Resolves when all that it began has ended, and what it claimed for nothing is given back. Throws what MongoDB refused. */
  async run(signal: AbortSignal): Promise<PassEnd> {
    let next = this.step(signal)
    while (typeof next === 'number') {
      await this.deps.bell.wait(next, signal)
      next = this.step(signal)
    }
    this.leaving.abort()
    await Promise.all([this.deps.stock.close(), ...this.asked.keys()])
    await Promise.all(this.inFlight.keys())
    if (this.failure) throw this.failure.error
    return next
  }

  /** Sets going all that can go at the moment; says how long to wait for more, or why the pass is over. */
  private step(signal: AbortSignal): PassEnd | number {
    if (this.failure || signal.aborted || this.deps.stopping.aborted) return { next: 'now' }
    const { slots, stock } = this.deps
    const webhook = this.deps.active()
    if (!webhook) return { next: 'inactive' }
    if (slots.isFenced) return { next: 'fenced' }
    if (isOver(this.beganMs, this.inFlight.values(), stock.cycleMs)) return { next: 'now' }
    if (this.deps.bell.heard()) this.deps.queue.changed()
    const rate = rateOf(webhook.rateLimit)
    this.supply(webhook, rate)
    this.ask(webhook, rate)
    return this.outlook(rate)
  }

  /** Claims rows and stores slots for the requests that may leave soon. */
  private supply(webhook: WebhookDocument, rate: Rate | undefined): void {
    const { stock, slots, queue } = this.deps
    const now = preciseNow()
    const untilMs = now + leadMs(stock.cycleMs)
    const most = Math.max(this.mostUntil(untilMs, webhook), 0)
    const startsMs = rate ? slots.startsMs(rate, most).filter((ms) => ms <= untilMs) : []
    const wanted = rate ? startsMs.length : most
    stock.tend(webhook, wanted)
    const has = stock.size + stock.coming
    const isLow = wanted > 0 && has <= wanted / 2 && queue.hasDue()
    if (!stock.isFilling && (isLow || queue.isStale()))
      stock.fill(webhook, Math.max(wanted - has, 0), startsMs[0] ?? now).catch(this.fail)
    if (rate && stock.size + stock.coming > 0)
      slots
        .reserve(rate, stock.size + stock.coming)
        ?.finally(() => this.deps.bell.nudge())
        .catch(this.fail)
  }

  /** Requests that can leave up to then as far as places are concerned: those that are free, and those that will be. */
  private mostUntil(untilMs: number, webhook: WebhookDocument): number {
    const now = preciseNow()
    const soon = Math.ceil(this.answers.perMs(now) * (untilMs - now))
    const [oldestMs = now] = this.asked.values()
    if (now - oldestMs > CROWDED_MS) return Math.max(soon, 1)
    return this.deps.caps.limitOf(webhook) - this.open + soon
  }

  /** Asks for a place for each request that could leave now. */
  private ask(webhook: WebhookDocument, rate: Rate | undefined): void {
    const { stock, slots, caps } = this.deps
    const room = caps.limitOf(webhook) - this.open
    let ready = Math.min(stock.size, room)
    if (rate && ready > this.asked.size) {
      const startsMs = slots.startsMs(rate, Math.min(ready, slots.stored()))
      const now = preciseNow()
      ready = startsMs.filter((startMs) => startMs <= now).length
    }
    while (this.asked.size < ready) {
      const patience = { patienceMs: Infinity, signal: this.leaving.signal }
      const asking = caps
        .request(webhook, patience)
        .then((release) => {
          this.asked.delete(asking)
          if (release) this.begin(release)
        })
        .catch(this.fail)
      this.asked.set(asking, preciseNow())
    }
  }

  /** Sends the next row in this place, to the webhook as it is now, if its slot is still to be had. */
  private begin(release: Release): void {
    const taken = this.take()
    if (!taken) {
      release()
      return this.deps.bell.nudge()
    }
    this.open += 1
    let isOpen = true
    const answered = () => {
      if (!isOpen) return
      isOpen = false
      this.open -= 1
      this.answers.count(preciseNow())
      release()
      this.deps.bell.nudge()
    }
    const request = this.attempt(taken, answered).finally(() => {
      answered()
      this.inFlight.delete(request)
      this.deps.bell.nudge()
    })
    this.inFlight.set(request, preciseNow())
  }

  private take(): Taken | undefined {
    const { active, stock, slots } = this.deps
    if (this.leaving.signal.aborted || stock.size === 0) return undefined
    try {
      const webhook = active()
      const rate = webhook && rateOf(webhook.rateLimit)
      const turn = rate && slots.turn(rate)
      const claimed = webhook && (turn || !rate) ? stock.next() : undefined
      return webhook && claimed && { webhook, claimed, turn }
    } catch (error) {
      this.fail(error)
      return undefined
    }
  }

  private async attempt({ claimed, webhook, turn }: Taken, answered: () => void): Promise<void> {
    try {
      const asked = { answered, ...(turn && { gate: turn.gate }) }
      const sent = await this.deps.sender.send(claimed, webhook, asked)
      turn?.ended('endedMs' in sent ? sent.endedMs : undefined)
      this.failures = 0
      await this.ended(claimed, webhook, sent)
    } catch (error) {
      this.deps.queue.broken(claimed.row._id, error)
      this.failures += 1
      if (this.failures >= FAILURES_MAX) this.fail(error)
    }
  }

  private async ended({ row }: ClaimedRow, webhook: WebhookDocument, sent: Sent): Promise<void> {
    const { queue, slots, settled, caps } = this.deps
    if (sent.outcome === 'unsent') return queue.later(row._id, 0)
    if (sent.outcome !== 'settled') return queue.taken(row._id)
    this.sent += 1
    const { settlement, attempt } = sent
    caps.note(webhook, attempt.code)
    if ('dueAt' in settlement) queue.later(row._id, settlement.dueAt.getTime())
    else {
      queue.settled(row._id)
      settled(row._id)
    }
    const rate = rateOf(webhook.rateLimit)
    if (!rate || attempt.response?.status !== 429) return
    const askedMs = retryAfterMs(headersByName(attempt.response.headers), sent.endedMs)
    if (askedMs) await slots.pause(rate, sent.endedMs + askedMs)
  }

  private outlook(rate: Rate | undefined): PassEnd | number {
    const { stock, slots, queue } = this.deps
    const isWaiting = this.inFlight.size + this.asked.size + stock.size > 0
    const dueMs = queue.nextDueMs()
    const slotMs = rate ? slots.nextMs(rate) : -Infinity
    return this.rest.next({
      nowMs: preciseNow(),
      slotMs,
      dueMs,
      leadMs: leadMs(stock.cycleMs),
      isBusy: isWaiting || stock.isFilling || slots.isReserving,
    })
  }

  private readonly fail = (error: unknown): void => {
    this.failure ??= { error }
    this.deps.bell.nudge()
  }
}
