import { LaneSlots, type Turn } from '../../../src/activities/lane/slots.ts'
import type { Rate } from '../../../src/delivery/slot-rule.ts'
import type {
  HeldRing,
  LaneRingDocument,
  LaneRingStore,
} from '../../../src/models/webhooks/lane-ring.ts'

export type Times = { connectMs: number; answerMs: number; seen: number }
export type Request = { trueMs: number; limit: number }
type Sender = { slots: LaneSlots; turns: Turn[]; nowMs: () => number }

/** Microtasks that a write of slots takes to be answered, and some more. */
const TICKS = 12

/**
 * A machine with one limiter document and senders that come, go, freeze and overlap; true time only moves on, and all that
 * takes time happens when it is time.
 */
export class SlotWorld {
  trueMs = 1_000_000
  /** How much the machine's wall clock is ahead; a process keeps that of its start. */
  wallStepMs = 0
  /** How long MongoDB takes to carry out a write, and again to answer. */
  writeMs = 0
  limit: number
  readonly requests: Request[] = []
  private readonly perMs: number
  private readonly stored: LaneRingDocument
  private events: { atMs: number; run: () => void }[] = []
  private sender!: Sender

  private constructor({ limit, perMs }: Rate) {
    this.limit = limit
    this.perMs = perMs
    const updatedAt = new Date(0)
    this.stored = { _id: 'wh', tenant: 'default', fence: 0, ring: [], updatedAt }
  }

  static async of(rate: Rate): Promise<SlotWorld> {
    const world = new SlotWorld(rate)
    await world.takeOver()
    return world
  }

  get rate(): Rate {
    return { limit: this.limit, perMs: this.perMs }
  }

  /** A new process takes the lane over; the one before is dead, or does not know yet. */
  async takeOver(): Promise<void> {
    const offsetMs = this.wallStepMs
    const machine = {
      boot: 'machine',
      bootMs: () => this.trueMs,
      nowMs: () => this.trueMs + offsetMs,
    }
    const slots = await this.answered(
      LaneSlots.take(this.store(), machine, { tenant: 'default', webhook: 'wh' }),
    )
    this.sender = { slots, turns: [], nowMs: machine.nowMs }
  }

  /** Stores slots for so many requests, and sends those that may start. */
  async send(count: number, times: Times): Promise<void> {
    const { sender } = this
    await this.reserve(count)
    this.begin(sender, count, times)
  }

  /** The receiver asks for silence; that is written down while the lane goes on. */
  silence(ms: number): void {
    const { slots, nowMs } = this.sender
    void slots.pause(this.rate, nowMs() + ms)
  }

  /** As a lane with so many rows in stock does whenever something happens. */
  sendAhead(count: number, times: Times): void {
    const { sender } = this
    void sender.slots.reserve(this.rate, count)
    this.begin(sender, count, times)
  }

  /** Stores slots, or is about to: the process dies before anything of it leaves. */
  async die(count: number): Promise<void> {
    void this.sender.slots.reserve(this.rate, count)
    await this.advance(this.writeMs)
    await this.takeOver()
  }

  /** Stops with slots stored, requests about to leave and a write under way; another one takes over, then it wakes. */
  async freeze(count: number, ms: number): Promise<void> {
    const { sender } = this
    await this.reserve(count)
    for (let n = 0; n < Math.ceil(count / 2); n++) {
      const turn = sender.slots.turn(this.rate)
      if (turn) sender.turns.push(turn)
    }
    void sender.slots.reserve(this.rate, count)
    await this.takeOver()
    const limit = this.limit
    this.events.push({
      atMs: this.trueMs + ms,
      run: () => {
        for (const turn of sender.turns.splice(0))
          if (turn.gate()) this.requests.push({ trueMs: this.trueMs, limit })
        const times = { connectMs: 0, answerMs: 5, seen: 1 }
        this.begin(sender, count, times)
        void sender.slots.reserve(this.rate, count)?.then(() => this.begin(sender, count, times))
      },
    })
  }

  /** Lets so much time pass. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.trueMs + ms
    for (let next = this.nextEvent(untilMs); next; next = this.nextEvent(untilMs)) {
      this.trueMs = Math.max(this.trueMs, next.atMs)
      next.run()
      await settled()
    }
    this.trueMs = untilMs
    await settled()
  }

  private async reserve(count: number): Promise<void> {
    const { slots } = this.sender
    await this.answered(slots.reserve(this.rate, count) ?? Promise.resolve())
  }

  /** Lets time pass until MongoDB has answered. */
  private async answered<T>(answer: Promise<T>): Promise<T> {
    const wait = { isOver: false }
    const over = answer.finally(() => (wait.isOver = true))
    await settled()
    while (!wait.isOver) await this.advance(Math.max(this.writeMs, 1))
    return await over
  }

  private begin({ slots, nowMs }: Sender, count: number, times: Times): void {
    for (let n = 0; n < count; n++) {
      const turn = slots.turn(this.rate)
      if (!turn) return
      const limit = this.limit
      this.after(times.connectMs, () => {
        if (!turn.gate()) return turn.ended(undefined)
        const seenMs = this.trueMs + Math.min(times.answerMs, 100) * times.seen
        this.requests.push({ trueMs: seenMs, limit })
        this.after(times.answerMs, () => turn.ended(nowMs()))
      })
    }
  }

  private after(ms: number, run: () => void): void {
    if (ms === 0) run()
    else this.events.push({ atMs: this.trueMs + ms, run })
  }

  private nextEvent(untilMs: number) {
    const next = this.events.toSorted((a, b) => a.atMs - b.atMs)[0]
    if (!next || next.atMs > untilMs) return undefined
    this.events = this.events.filter((one) => one !== next)
    return next
  }

  /** MongoDB: each operation is carried out after a while, whoever waits for it, and answered after another. */
  private store(): LaneRingStore {
    const later = async <T>(run: () => T): Promise<T> => {
      await new Promise<void>((resolve) => this.after(this.writeMs, resolve))
      const answer = run()
      await new Promise<void>((resolve) => this.after(this.writeMs, resolve))
      return answer
    }
    return {
      take: () =>
        later(() => {
          this.stored.fence += 1
          return structuredClone(this.stored)
        }),
      store: ({ fence, ...held }: HeldRing) =>
        later(() => {
          if (fence !== this.stored.fence) return false
          Object.assign(this.stored, structuredClone(held))
          return true
        }),
      has: ({ fence }) => later(() => fence === this.stored.fence),
    }
  }
}

async function settled(): Promise<void> {
  for (let tick = 0; tick < TICKS; tick++) await Promise.resolve()
}

/** Most requests in any interval of `perMs`, half open, beside the greatest limit that one of them had. */
export function busiestWindow(
  requests: Request[],
  perMs: number,
): { most: number; allowed: number } {
  const times = requests.toSorted((a, b) => a.trueMs - b.trueMs)
  let worst = { most: 0, allowed: Infinity }
  for (const [first, { trueMs }] of times.entries()) {
    const window = times.slice(first).filter((one) => one.trueMs < trueMs + perMs - 1e-6)
    const allowed = Math.max(...window.map((one) => one.limit))
    if (window.length - allowed > worst.most - worst.allowed)
      worst = { most: window.length, allowed }
  }
  return worst
}
