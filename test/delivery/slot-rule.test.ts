import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  adopted,
  HORIZON_MS,
  nextSlots,
  type Rate,
  reservedMs,
  type Ring,
  seenAtMs,
  type Slot as PlainSlot,
  type Stamp,
  trimmed,
} from '../../src/delivery/slot-rule.ts'

/** One step of a run; numbers are milliseconds or picks. */
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      count: fc.integer({ min: 1, max: 12 }),
      connectMs: fc.constantFrom(0, 0, 0, 3, 400, 1_200),
      answerMs: fc.constantFrom(1, 5, 90, 400),
      seen: fc.constantFrom(0, 0.5, 1),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.integer({ min: 0, max: 900 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('freeze' as const),
      ms: fc.integer({ min: 0, max: 3_000 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('step' as const),
      ms: fc.integer({ min: -5_000, max: 5_000 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('limit' as const),
      limit: fc.integer({ min: 1, max: 10 }),
    }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** A changed limit is in force from the next claim on. */
type Slot = PlainSlot & { limit: number }
type Request = { trueMs: number; limit: number }
type Stored = { fence: number; ring: number[]; stamp: Stamp | undefined }
/** A sender has the machine's wall clock as it was when it began, and a steady clock from then on. */
type Sender = { fence: number; wallOffsetMs: number; ring: number[] }

/** A machine with one limiter document and senders that come, go, freeze and overlap; true time only moves on. */
class World {
  trueMs = 1_000_000
  wallStepMs = 0
  limit: number
  readonly perMs: number
  readonly requests: Request[] = []
  readonly stored: Stored = { fence: 0, ring: [], stamp: undefined }
  sender: Sender
  frozen: { sender: Sender; wakesAtMs: number; slots: Slot[] } | undefined

  constructor(rate: Rate) {
    this.limit = rate.limit
    this.perMs = rate.perMs
    this.sender = this.takeOver()
  }

  nowOf(sender: Sender): Stamp {
    return { wallMs: this.trueMs + sender.wallOffsetMs, bootMs: this.trueMs, boot: 'machine' }
  }

  takeOver(): Sender {
    this.stored.fence += 1
    const sender: Sender = {
      fence: this.stored.fence,
      wallOffsetMs: this.wallStepMs,
      ring: [],
    }
    sender.ring = adopted(this.stored.ring, this.stored.stamp, this.nowOf(sender))
    return sender
  }

  /** One compare-and-set: the slots count before any request of theirs. */
  reserve(sender: Sender, count: number): Slot[] {
    const { wallMs } = this.nowOf(sender)
    const rate = { limit: this.limit, perMs: this.perMs }
    const slots = nextSlots(sender.ring, rate, count, wallMs).filter(
      (slot) => slot.startMs <= wallMs + HORIZON_MS,
    )
    if (slots.length === 0 || this.stored.fence !== sender.fence) return []
    sender.ring = trimmed([...sender.ring, ...slots.map(reservedMs)], rate, wallMs)
    this.stored.ring = [...sender.ring]
    this.stored.stamp = this.nowOf(sender)
    return slots.map((slot) => ({ ...slot, limit: this.limit }))
  }

  /** The request of a slot, if its time has come and not gone; the receiver sees it some time before the answer. */
  start(
    sender: Sender,
    slot: Slot,
    times: { connectMs: number; answerMs: number; seen: number },
  ): void {
    const { wallMs } = this.nowOf(sender)
    const startMs = Math.max(slot.startMs, wallMs) + times.connectMs
    if (startMs > slot.latestMs) return
    const seenLater = Math.min(times.answerMs, 100)
    this.requests.push({
      trueMs: startMs - sender.wallOffsetMs + seenLater * times.seen,
      limit: slot.limit,
    })
    this.replace(sender, reservedMs(slot), seenAtMs(startMs, startMs + times.answerMs))
  }

  private replace(sender: Sender, from: number, to: number): void {
    const at = sender.ring.indexOf(from)
    if (at >= 0) sender.ring[at] = to
  }

  run(action: Step): void {
    if (this.frozen && this.trueMs >= this.frozen.wakesAtMs) {
      for (const slot of this.frozen.slots)
        this.start(this.frozen.sender, slot, { connectMs: 0, answerMs: 5, seen: 1 })
      this.frozen = undefined
    }
    if (action.do === 'wait') this.trueMs += action.ms
    else if (action.do === 'crash') {
      this.reserve(this.sender, 3) // dies between claim and send
      this.sender = this.takeOver()
    } else if (action.do === 'freeze') {
      this.frozen = {
        sender: this.sender,
        wakesAtMs: this.trueMs + action.ms,
        slots: this.reserve(this.sender, 3),
      }
      this.sender = this.takeOver()
    } else if (action.do === 'step') {
      this.wallStepMs += action.ms
      this.sender = this.takeOver()
    } else if (action.do === 'limit') this.limit = action.limit
    else
      for (const slot of this.reserve(this.sender, action.count))
        this.start(this.sender, slot, action)
  }
}

/** Most requests in any interval of `perMs`; half open, as "10 per second" is meant. */
function busiest(requests: Request[], perMs: number): { most: number; allowed: number } {
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

describe('a rate limit', () => {
  it('is never exceeded: clock steps, crashes between claim and send, frozen rivals, changed limits', () => {
    const rates = fc.record({
      limit: fc.integer({ min: 1, max: 10 }),
      perMs: fc.constantFrom(300, 1_000, 4_000),
    })
    fc.assert(
      fc.property(
        rates,
        fc.array(step, { minLength: 5, maxLength: 60, size: 'max' }),
        (rate, steps) => {
          const world = new World(rate)
          for (const action of steps) world.run(action)
          const { most, allowed } = busiest(world.requests, rate.perMs)
          expect(most).toBeLessThanOrEqual(allowed)
        },
      ),
      { numRuns: 10_000 },
    )
  })

  it('lets the whole limit through at once when nothing was sent, and the next when the first is `per` old', () => {
    const rate = { limit: 3, perMs: 1_000 }
    expect(nextSlots([], rate, 9, 500).map((slot) => slot.startMs)).toEqual([500, 500, 500])
    expect(nextSlots([10, 20, 30], rate, 3, 500).map((slot) => slot.startMs)).toEqual([
      1_010, 1_020, 1_030,
    ])
  })

  it('is used to the full: a steady sender loses only what its receiver takes to answer', () => {
    const rate = { limit: 10, perMs: 1_000 }
    let ring: Ring = []
    let now = 0
    for (let sent = 0; sent < 1_000; sent++) {
      const [slot] = nextSlots(ring, rate, 1, now)
      now = slot?.startMs ?? now
      ring = trimmed([...ring, seenAtMs(now, now + 5)], rate, now)
    }
    expect(now).toBeLessThanOrEqual(99 * 1_005)
  })

  it('does not wait for hours when the clock was set back by an hour, nor forget when it was set forward', () => {
    const written = { wallMs: 3_600_000, bootMs: 50, boot: 'here' }
    const back = { wallMs: 1_000, bootMs: 1_050, boot: 'here' }
    expect(adopted([3_599_900], written, back)).toEqual([-100 - 1_000 + 1_000])
    const elsewhere = { wallMs: 1_000, bootMs: 9, boot: 'there' }
    expect(adopted([3_599_900], written, elsewhere)[0]).toBeLessThanOrEqual(1_000 + 1_300)
  })
})
