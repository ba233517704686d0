import fc from 'fast-check'
import { afterEach, expect, it } from 'vitest'
import { Pauses } from '../../../src/outbound/connect/pauses.ts'

const clock = { now: 0 }
let pauses: Pauses | undefined
afterEach(() => pauses?.stop())
function started() {
  clock.now = 1_000
  pauses?.stop()
  pauses = new Pauses(() => clock.now)
  return pauses
}

it('a gap of more than a second between two looks is a pause of whatever began before its end', () => {
  const watch = started()
  clock.now = 3_000
  expect([watch.since(500), watch.since(2_000), watch.since(2_999)]).toEqual([true, true, true])
  clock.now = 3_900
  expect([watch.since(2_999), watch.since(3_001)]).toEqual([true, false])
})

it('just after a pause also what began after it may meet its traces', () => {
  const watch = started()
  clock.now = 3_000
  expect(watch.since(3_000)).toBe(true)
  clock.now = 3_249
  expect(watch.since(3_200)).toBe(true)
  clock.now = 3_250
  expect(watch.since(3_200)).toBe(false)
})

it('a process that is late by a second at most is only busy', () => {
  const gap = fc.integer({ min: 0, max: 1_000 })
  fc.assert(
    fc.property(fc.array(gap, { maxLength: 50 }), (gaps) => {
      const watch = started()
      for (const ms of gaps) {
        clock.now += ms
        expect(watch.since(0)).toBe(false)
      }
    }),
  )
})
