import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { timeWindows } from '../../../src/api/http/windows.ts'

const MINUTES = [1, 15, 120, 1_440]
const DAY_MS = 86_400_000
const NOW_MS = Date.parse('2026-01-05T09:00:00Z')
const time = fc.oneof(
  fc.integer({ min: -3, max: 3 }).map((ms) => NOW_MS + ms),
  fc.integer({ min: -40 * 86_400_000, max: 3_600_000 }).map((ms) => NOW_MS + ms),
  fc.constantFrom(60_000, 900_000, 7_200_000, 864_000_000).map((ms) => NOW_MS - ms),
)
const range = fc.record(
  { $gt: time.map((ms) => new Date(ms)), $lt: time.map((ms) => new Date(ms)) },
  { requiredKeys: [] },
)

type Window = ReturnType<typeof timeWindows>[number]
const isIn = ({ $gt, $lt, $lte }: Window, ms: number) =>
  (!$gt || ms > $gt.getTime()) && (!$lt || ms < $lt.getTime()) && (!$lte || ms <= $lte.getTime())

describe('the windows of time that a list looks into', () => {
  it('have every time of the range within a day of the start in one of them, and no other time', () => {
    const look = fc.record({
      direction: fc.constantFrom('back' as const, 'forward' as const),
      startMs: fc.option(time, { nil: undefined }),
      range: fc.option(range, { nil: undefined }),
    })
    fc.assert(
      fc.property(look, time, (given, ms) => {
        const startMs = given.direction === 'forward' ? (given.startMs ?? NOW_MS) : given.startMs
        const fromMs = startMs ?? given.range?.$lt?.getTime()
        const isThere =
          given.direction === 'back'
            ? ms > (fromMs ?? NOW_MS) - DAY_MS && ms <= (fromMs ?? Infinity)
            : ms >= (fromMs ?? NOW_MS) && ms <= (fromMs ?? NOW_MS) + DAY_MS
        const isWanted = isIn(given.range ?? {}, ms) && isThere
        const windows = timeWindows({ ...given, startMs, nowMs: NOW_MS })
        expect(windows.filter((window) => isIn(window, ms)).length).toBe(isWanted ? 1 : 0)
      }),
      { numRuns: 2_000 },
    )
  })

  it('go away from the start', () => {
    const given = { startMs: undefined, nowMs: NOW_MS, range: undefined }
    const back = timeWindows({ ...given, direction: 'back' })
    expect(back.map(({ $gt }) => $gt && (NOW_MS - $gt.getTime()) / 60_000)).toEqual(MINUTES)
    const forward = timeWindows({ ...given, direction: 'forward' })
    expect(forward.map(({ $lte }) => $lte && ($lte.getTime() - NOW_MS) / 60_000)).toEqual(MINUTES)
  })
})
