import { preciseNow } from '../clock.ts'
import {
  adopted,
  countAt,
  HORIZON_MS,
  nextSlots,
  type Rate,
  reservedMs,
  seenAtMs,
  type Slot,
  type Stamp,
  trimmed,
} from '../delivery/slot-rule.ts'
import type { Models } from '../models/connect.ts'
import { type LimiterDocument, storeRing, takeLimiter } from '../models/limiter.ts'

/** A request's place in the ring: what it counts as now. */
type Entry = { ms: number }
type Machine = { boot: string; bootMs: () => number }

/** A reserved slot in the hand of the request that uses it. */
export type Turn = {
  slot: Slot
  /** True once, and only within the slot: then the request leaves, and counts from now. */
  gate: () => boolean
  /** When its attempt had ended; undefined where the gate refused it: then the slot is given back. */
  ended: (endedMs: number | undefined) => void
}

/** The ring of one lane in the hand of one sender. Every slot is stored before it is used (engine.md 2.5 d). */
export class LaneSlots {
  private readonly models: Models
  private readonly machine: Machine
  private readonly limiter: LimiterDocument
  private entries: Entry[]
  private pausedUntilMs: number
  /** Another sender has the lane: nothing may leave any more. */
  isFenced = false

  private constructor(models: Models, machine: Machine, limiter: LimiterDocument) {
    this.models = models
    this.machine = machine
    this.limiter = limiter
    const ring = adopted(limiter.ring, limiter.stamp, this.stamp())
    this.entries = ring.map((ms) => ({ ms }))
    this.pausedUntilMs = limiter.pausedUntil?.getTime() ?? 0
  }

  /** Takes the lane over from whoever had it. */
  static async take(
    models: Models,
    machine: Machine,
    lane: { tenant: string; webhook: string },
  ): Promise<LaneSlots> {
    return new LaneSlots(models, machine, await takeLimiter(models.limiters, lane))
  }

  /** When the next request may start. */
  nextMs(rate: Rate): number {
    return this.next(rate, 1)[0]?.startMs ?? Infinity
  }

  /** How many of the next `count` requests could start soon enough to be reserved now. */
  free(rate: Rate, count: number): number {
    const until = preciseNow() + HORIZON_MS
    return this.next(rate, count).filter((slot) => slot.startMs <= until).length
  }

  /** Requests that count at the moment. */
  used(rate: Rate): number {
    return countAt(this.ring(), rate, preciseNow())
  }

  /** Reserves the next `count` slots, durably; undefined if another sender has the lane. */
  async reserve(rate: Rate, count: number): Promise<Turn[] | undefined> {
    const slots = this.next(rate, count)
    const reserved = slots.map((slot) => ({ slot, entry: { ms: reservedMs(slot) } }))
    this.entries.push(...reserved.map(({ entry }) => entry))
    if (!(await this.store(rate))) return undefined
    return reserved.map(({ slot, entry }) => this.turnOf(slot, entry))
  }

  /** The receiver asked for silence until then. */
  async pause(rate: Rate, untilMs: number): Promise<void> {
    if (untilMs <= this.pausedUntilMs) return
    this.pausedUntilMs = untilMs
    await this.store(rate)
  }

  /** Writes down what is known by now; false if another sender has the lane. */
  async store(rate: Rate): Promise<boolean> {
    const latest = trimmed(this.ring(), rate, preciseNow()).at(-1) ?? 0
    this.entries = this.entries.filter((entry) => entry.ms >= latest)
    const { _id, fence } = this.limiter
    const pausedUntil = this.pausedUntilMs > 0 ? { pausedUntil: new Date(this.pausedUntilMs) } : {}
    const held = { _id, fence, ring: this.ring(), stamp: this.stamp(), ...pausedUntil }
    const isMine = await storeRing(this.models.limiters, held)
    if (!isMine) this.isFenced = true
    return isMine
  }

  private turnOf(slot: Slot, entry: Entry): Turn {
    return {
      slot,
      gate: () => {
        const now = preciseNow()
        if (this.isFenced || now < slot.startMs || now > slot.latestMs) return false
        entry.ms = seenAtMs(now)
        return true
      },
      // the answer is the proof that it was seen; an attempt that never got to its request counts as well
      ended: (endedMs) => {
        entry.ms = endedMs === undefined ? -Infinity : Math.min(entry.ms, endedMs)
      },
    }
  }

  private next(rate: Rate, count: number): Slot[] {
    return nextSlots(this.ring(), rate, count, Math.max(preciseNow(), this.pausedUntilMs))
  }

  private ring(): number[] {
    return this.entries.flatMap(({ ms }) => (ms === -Infinity ? [] : [ms]))
  }

  private stamp(): Stamp {
    const { boot, bootMs } = this.machine
    return { wallMs: preciseNow(), bootMs: bootMs(), boot }
  }
}
