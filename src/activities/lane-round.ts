import { preciseNow } from '../clock.ts'
import { type Rate, rateOf } from '../delivery/slot-rule.ts'
import type { Carrier } from '../delivery/types.ts'
import { headersByName } from '../models/attempt.ts'
import type { DeliveryDocument } from '../models/delivery.ts'
import type { WebhookDocument } from '../models/webhook.ts'
import { retryAfterMs } from '../outbound/retry-after.ts'
import type { Caps } from './caps.ts'
import { Bell } from './lane-bells.ts'
import type { LaneQueue } from './lane-queue.ts'
import type { LaneSlots, Turn } from './lane-slots.ts'
import type { Sender, Sent } from './sender.ts'

/** A round claims nothing more after this; one whose receiver is slow goes on for a while, so that it is not cut up. */
const ROUND_MS = 10_000
const SLOW_ROUND_MS = 30_000
const SLOW_MS = 1_000
/** A round that has nothing to send stays this long, since a new activity costs more. */
const LINGER_MS = 1_500
/** Waits up to this are spent here, longer ones in the workflow's durable timer. */
const WAIT_MAX_MS = 1_500
/** Before the caps are asked again. */
const NO_ROOM_PAUSE_MS = 50
/** Slots are reserved this long before the first of them is due. */
const LEAD_MS = 50

/** Why a round ended: it should be called again now, or at a time, when something is new, or when the webhook is active. */
export type RoundEnd =
  { next: 'now' | 'idle' | 'inactive' | 'fenced' } | { next: 'slot' | 'due'; atMs: number }

type Release = () => void
type Dependencies = {
  sender: Sender
  caps: Caps
  queue: LaneQueue
  slots: LaneSlots
  bell: Bell
  /** The webhook as it is now; undefined if nothing may be sent to it at the moment. */
  active: () => Promise<WebhookDocument | undefined>
  settled: (delivery: string) => void
  stopping: AbortSignal
}

/** Sends what a lane holds, as fast as its limit and its receiver allow, for about ten seconds. */
export class LaneRound {
  /** Requests of this round that have ended. */
  sent = 0
  private readonly lane: Carrier
  private readonly deps: Dependencies
  private readonly beganMs = preciseNow()
  /** When each request began; the oldest first. */
  private readonly inFlight = new Map<Promise<void>, number>()
  private idleSinceMs: number | undefined
  private failure: unknown

  constructor(lane: Carrier, deps: Dependencies) {
    this.lane = lane
    this.deps = deps
  }

  /** Resolves when all requests that it began have ended. Throws what MongoDB refused. */
  async run(signal: AbortSignal): Promise<RoundEnd> {
    let end: RoundEnd | undefined
    while (!end) end = await this.turn(signal)
    await Promise.all(this.inFlight.keys())
    if (this.failure) throw this.failure
    return end
  }

  /** One look at the webhook, its slots and its queue; sends what may go, or waits for something to change. */
  private async turn(signal: AbortSignal): Promise<RoundEnd | undefined> {
    if (this.failure || signal.aborted || this.deps.stopping.aborted) return { next: 'now' }
    const webhook = await this.deps.active()
    if (!webhook) return { next: 'inactive' }
    if (this.isOver()) return { next: 'now' }
    if (this.deps.bell.heard()) this.deps.queue.changed()
    const rate = rateOf(webhook.rateLimit)
    const room = webhook.concurrency - this.inFlight.size
    if (room <= 0) return await this.anyEnded()
    const free = rate ? this.deps.slots.free(rate, room) : room
    if (rate && free === 0) return await this.untilSlot(rate, signal)
    const places = this.places(webhook, free)
    if (places.length === 0) return await this.untilRoom(signal)
    const begun = await this.beginDue(webhook, rate, places).finally(() => {
      for (const release of places) release()
    })
    if (begun === 'none') return await this.untilDue(signal)
    return begun === 'fenced' ? { next: 'fenced' } : undefined
  }

  /** Begins what is due, and takes the places that this needs out of `places`. */
  private async beginDue(
    webhook: WebhookDocument,
    rate: Rate | undefined,
    places: Release[],
  ): Promise<'begun' | 'none' | 'fenced'> {
    const rows = await this.deps.queue.take(places.length)
    if (rows.length === 0) return 'none'
    this.idleSinceMs = undefined
    const turns = rate ? await this.deps.slots.reserve(rate, rows.length) : undefined
    if (rate && !turns) return 'fenced'
    for (const [index, row] of rows.entries())
      this.begin(row, webhook, { turn: turns?.[index], release: places.shift() })
    return 'begun'
  }

  /** Places for this many requests under the caps of webhook, origin and tenant, or for as many as there are. */
  private places(webhook: WebhookDocument, count: number): Release[] {
    const places: Release[] = []
    while (places.length < count) {
      const release = this.deps.caps.freeRequest(webhook)
      if (!release) break
      places.push(release)
    }
    return places
  }

  private isOver(): boolean {
    const now = preciseNow()
    const [oldestMs = now] = this.inFlight.values()
    return now - this.beganMs > (now - oldestMs > SLOW_MS ? SLOW_ROUND_MS : ROUND_MS)
  }

  private async untilRoom(signal: AbortSignal): Promise<undefined> {
    await pause(NO_ROOM_PAUSE_MS, signal)
  }

  private async anyEnded(): Promise<undefined> {
    await Promise.race(this.inFlight.keys())
  }

  /** A short wait for the next slot is spent here; a long one ends the round once its requests have ended. */
  private async untilSlot(rate: Rate, signal: AbortSignal): Promise<RoundEnd | undefined> {
    const atMs = this.deps.slots.nextMs(rate)
    const waitMs = atMs - preciseNow() - LEAD_MS
    if (waitMs > WAIT_MAX_MS) {
      await this.deps.queue.look()
      if (this.inFlight.size > 0) await this.anyEnded()
      else if (this.deps.queue.nextDueMs() < Infinity) return { next: 'slot', atMs }
      else return await this.untilDue(signal)
    } else await pause(waitMs, signal)
    return undefined
  }

  /** Nothing is due: waits for a retry, for news, or for a request to end; ends the round after a while of that. */
  private async untilDue(signal: AbortSignal): Promise<RoundEnd | undefined> {
    const now = preciseNow()
    const dueMs = this.deps.queue.nextDueMs()
    this.idleSinceMs ??= now
    const isIdle = this.inFlight.size === 0 && now - this.idleSinceMs >= LINGER_MS
    if (isIdle && dueMs - now > WAIT_MAX_MS)
      return dueMs < Infinity ? { next: 'due', atMs: dueMs } : { next: 'idle' }
    const waitMs = Math.min(Math.max(dueMs - now, 1), LINGER_MS)
    await Promise.race([this.deps.bell.wait(waitMs, signal), ...this.inFlight.keys()])
    return undefined
  }

  private begin(
    row: DeliveryDocument,
    webhook: WebhookDocument,
    { turn, release }: { turn: Turn | undefined; release: Release | undefined },
  ): void {
    const request = this.attempt(row, webhook, { turn, release })
      .then((sent) => this.ended(row, webhook, { sent, turn }))
      .catch((error: unknown) => (this.failure ??= error))
      .then(() => {
        release?.()
        this.inFlight.delete(request)
      })
    this.inFlight.set(request, preciseNow())
  }

  private async attempt(
    row: DeliveryDocument,
    webhook: WebhookDocument,
    { turn, release }: { turn: Turn | undefined; release: Release | undefined },
  ): Promise<Sent> {
    const startMs = turn?.slot.startMs ?? 0
    const claimed = await this.deps.sender.claim(row, webhook, this.lane, startMs)
    if (!claimed) return { outcome: 'lost' }
    const asked = {
      startMs,
      ...(turn && { gate: turn.gate }),
      ...(release && { answered: release }),
    }
    return await this.deps.sender.send(claimed, webhook, asked)
  }

  private async ended(
    row: DeliveryDocument,
    webhook: WebhookDocument,
    { sent, turn }: { sent: Sent; turn: Turn | undefined },
  ): Promise<void> {
    const { queue, slots, settled } = this.deps
    turn?.ended('endedMs' in sent ? sent.endedMs : undefined)
    if (sent.outcome === 'unsent') return queue.later(row._id, 0)
    if (sent.outcome !== 'settled') return queue.taken(row._id)
    this.sent += 1
    const { settlement, attempt } = sent
    this.deps.caps.note(webhook, attempt.code)
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
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Bell().wait(ms, signal)
}
