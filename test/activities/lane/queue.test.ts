import { describe, expect, it } from 'vitest'
import { LaneQueue } from '../../../src/activities/lane/queue.ts'
import type { DeliveryDocument } from '../../../src/models/deliveries/document.ts'
import type { QueuedRow } from '../../../src/models/deliveries/lane-rows.ts'

const NOW_MS = 1_000_000
const WAIT_MS = 2_500
const due = (dueMs: number) => ({ _id: 'dlv_1', dueAt: new Date(dueMs) })

type Stored = { state: 'held' | 'retrying'; dueMs: number }

/** A queue over one row, whose reads of a state are answered when the test says so. */
function queueOf(row: Stored) {
  const answers: (() => void)[] = []
  const read = (state: Stored['state']) => () => {
    const seen: QueuedRow[] = row.state === state ? [due(row.dueMs)] : []
    return new Promise<QueuedRow[]>((resolve) => answers.push(() => resolve(seen)))
  }
  const whole = () => Promise.resolve([{ ...due(row.dueMs), state: row.state } as DeliveryDocument])
  const clock = { nowMs: NOW_MS }
  const queue = new LaneQueue('wh_1', {
    rows: { held: read('held'), retrying: read('retrying') },
    whole,
    abandoned: () => Promise.resolve(clock.nowMs),
    failed: (_id, error) => {
      throw error
    },
    now: () => clock.nowMs,
  })
  const answer = () => {
    for (const one of answers.splice(0)) one()
  }
  return { queue, clock, answer }
}

describe('the queue of a lane', () => {
  it.each(['held', 'retrying'] as const)(
    'does not hand out before its time what was %s when it looked, and failed since',
    async (state) => {
      const row: Stored = { state, dueMs: NOW_MS - 1 }
      const { queue, clock, answer } = queueOf(row)
      const first = queue.take(1)
      answer()
      expect(await first).toHaveLength(1)

      queue.changed()
      clock.nowMs += 1_000
      const looking = queue.look()
      // the read is under way, and does not know yet that the attempt failed
      Object.assign(row, { state: 'retrying', dueMs: clock.nowMs + WAIT_MS })
      queue.later('dlv_1', row.dueMs)
      answer()
      await looking

      expect(await queue.take(1)).toEqual([])
      expect(queue.nextDueMs()).toBe(row.dueMs)
      clock.nowMs += WAIT_MS
      expect(await queue.take(5)).toHaveLength(1)
    },
  )
})
