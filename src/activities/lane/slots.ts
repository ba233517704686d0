import {
  adopted,
  countAt,
  horizonMs,
  latestStartMs,
  nextStartsMs,
  type Rate,
  reservedMs,
  seenAtMs,
  type Stamp,
  trimmed,
} from '../../delivery/slot-rule.ts'
import type { LaneRingDocument, LaneRingStore } from '../../models/webhooks/lane-ring.ts'

/** A slot with less time left is not begun with: its connection may take that long to open. */
const USABLE_MS = 300

/** A request's place in the ring: what it counts as now. */
type Entry = { ms: number }
/** The clocks of this process. */
export type Machine = { boot: string; bootMs: () => number; nowMs: () => number }

/** A slot in the hand of the request that uses it. */
export type Turn = {
  /** True while the slot is valid: then the request leaves, and counts from now. */
  gate: () => boolean
  /** When its attempt had ended; undefined where nothing left: then the slot is given back. */
  ended: (endedMs: number | undefined) => void
}

/**
 * The ring of one lane in the hand of one sender. When a request may start follows from the ring in memory; that one may
 * leave at all, from a slot that was stored before (docs/decisions/0007-lanes.md). Slots are stored ahead, as many as are
 * used while one more write is under way, so a slow MongoDB does not slow the lane down.
 */
export class LaneSlots {
  private readonly store: LaneRingStore
  private readonly machine: Machine
  private readonly taken: LaneRingDocument
  private entries: Entry[]
  /** Stored slots that no request has used yet: until when each may be. */
  private spare: number[] = []
  private pausedUntilMs: number
  /** How long a write takes, of late. */
  private writeMs: number
  /** Writes go one after another: the last one must be the last. */
  private writing: Promise<unknown> = Promise.resolve()
  /** A write of slots is under way. */
  isReserving = false
  private hasStored = false
  /** Another sender has the lane: nothing may leave any more. */
  isFenced = false

  private constructor(
    store: LaneRingStore,
    machine: Machine,
    { ring, tookMs }: { ring: LaneRingDocument; tookMs: number },
  ) {
    this.store = store
    this.machine = machine
    this.taken = ring
    this.writeMs = tookMs
    const times = adopted(ring.ring, ring.stamp, this.stamp())
    this.entries = times.map((ms) => ({ ms }))
    this.pausedUntilMs = this.taken.pausedUntil?.getTime() ?? 0
  }

  /** Takes the lane over from whoever had it. */
  static async take(
    store: LaneRingStore,
    machine: Machine,
    lane: { tenant: string; webhook: string },
  ): Promise<LaneSlots> {
    const fromMs = machine.nowMs()
    const ring = await store.take(lane)
    return new LaneSlots(store, machine, { ring, tookMs: machine.nowMs() - fromMs })
  }

  /** When the next request may start. */
  nextMs(rate: Rate): number {
    return this.startsMs(rate, 1)[0] ?? Infinity
  }

  /** When the next `count` requests may start, the first one at the front. */
  startsMs(rate: Rate, count: number): number[] {
    const fromMs = Math.max(this.machine.nowMs(), this.pausedUntilMs)
    return nextStartsMs(this.ring(), rate, count, fromMs)
  }

  /** Slots that are stored and may be used now. */
  stored(): number {
    this.dropVoid()
    return this.spare.length
  }

  /** Requests that count at the moment. */
  used(rate: Rate): number {
    return countAt(this.ring(), rate, this.machine.nowMs())
  }

  /**
   * Sees to it that slots are stored for those of the next `count` requests that may start soon: resolves when more are;
   * undefined where there is nothing to store, or a write for that is under way.
   */
  reserve(rate: Rate, count: number): Promise<void> | undefined {
    if (this.isReserving || this.isFenced) return undefined
    const has = this.stored()
    if (has > count / 2) return undefined
    const untilMs = horizonMs(this.machine.nowMs(), this.writeMs)
    const startsMs = this.startsMs(rate, count).filter((startMs) => startMs <= untilMs)
    if (startsMs.length === 0 || has > startsMs.length / 2) return undefined
    this.isReserving = true
    this.hasStored = true
    return this.reserved(rate, startsMs.slice(has)).finally(() => (this.isReserving = false))
  }

  /** A slot for a request that is about to leave; undefined if the ring lets none start yet, or none is stored. */
  turn(rate: Rate): Turn | undefined {
    if (this.isFenced || this.stored() === 0) return undefined
    if (this.machine.nowMs() < this.pausedUntilMs || this.used(rate) >= rate.limit) return undefined
    const latestMs = this.spare.shift() ?? 0
    const entry = { ms: reservedMs(latestMs) }
    this.entries.push(entry)
    return this.turnOf(latestMs, entry)
  }

  /** The receiver asked for silence until then. */
  async pause(rate: Rate, untilMs: number): Promise<void> {
    if (untilMs <= this.pausedUntilMs) return
    this.pausedUntilMs = untilMs
    await this.write(rate, [])
  }

  /** Whether this sender still has the lane. */
  async isMine(): Promise<boolean> {
    if (!this.isFenced && !(await this.store.has(this.taken))) this.isFenced = true
    return !this.isFenced
  }

  /** Gives back what no request used, and writes down what became of the rest. */
  async close(rate: Rate): Promise<void> {
    this.spare = []
    if (this.hasStored && !this.isFenced) await this.write(rate, [])
  }

  private async reserved(rate: Rate, startsMs: number[]): Promise<void> {
    const slots: number[] = []
    const isMine = await this.write(rate, slots, () => {
      const now = this.machine.nowMs()
      slots.push(...startsMs.map((startMs) => latestStartMs(startMs, now, this.writeMs)))
    })
    // the first to become void is used first
    if (isMine) this.spare = [...this.spare, ...slots].toSorted((a, b) => a - b)
  }

  /** Stores what is known when the writes before it have ended, and these slots. */
  private write(rate: Rate, slots: number[], before: () => void = () => {}): Promise<boolean> {
    const written = this.writing.then(async () => {
      before()
      const fromMs = this.machine.nowMs()
      const isMine = await this.store.store(this.held(rate, slots))
      this.writeMs = Math.max(this.machine.nowMs() - fromMs, this.writeMs / 2)
      if (!isMine) this.isFenced = true
      return isMine
    })
    this.writing = written.catch(() => undefined)
    return written
  }

  private held(rate: Rate, slots: number[]) {
    this.dropVoid()
    const now = this.machine.nowMs()
    const oldest = trimmed(this.ring(), rate, now).at(-1) ?? 0
    this.entries = this.entries.filter(({ ms }) => ms >= oldest)
    const ring = trimmed([...this.ring(), ...[...this.spare, ...slots].map(reservedMs)], rate, now)
    const { _id, fence } = this.taken
    const pausedUntil = this.pausedUntilMs > 0 ? { pausedUntil: new Date(this.pausedUntilMs) } : {}
    return { _id, fence, ring, stamp: this.stamp(), ...pausedUntil }
  }

  private turnOf(latestMs: number, entry: Entry): Turn {
    return {
      gate: () => {
        const now = this.machine.nowMs()
        if (this.isFenced || now > latestMs) return false
        entry.ms = seenAtMs(now)
        return true
      },
      // the answer is the proof that it was seen; an attempt that never got to its request counts as well
      ended: (endedMs) => {
        entry.ms = endedMs === undefined ? -Infinity : Math.min(entry.ms, endedMs)
        if (endedMs === undefined) this.spare.unshift(latestMs)
      },
    }
  }

  private dropVoid(): void {
    const now = this.machine.nowMs()
    this.spare = this.spare.filter((latestMs) => latestMs >= now + USABLE_MS)
  }

  private ring(): number[] {
    return this.entries.flatMap(({ ms }) => (ms === -Infinity ? [] : [ms]))
  }

  private stamp(): Stamp {
    const { boot, bootMs, nowMs } = this.machine
    return { wallMs: nowMs(), bootMs: bootMs(), boot }
  }
}
