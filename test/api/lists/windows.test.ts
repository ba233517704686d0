import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { timeWindows } from '../../../src/api/lists/windows.ts'

const SECONDS = [1, 8, 64, 512, 4_096, 32_768, 262_144, 2_097_152]
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

type Window = ReturnType<typeof timeWindows>[number]['window']
const isIn = ({ $gt, $lt, $lte }: Window, ms: number) =>
  (!$gt || ms > $gt.getTime()) && (!$lt || ms < $lt.getTime()) && (!$lte || ms <= $lte.getTime())

describe('the windows of time that a list looks into', () => {
  it('and what lies beyond the last have every time of the range on that side of the start once, and no other time', () => {
    const look = fc.record({
      direction: fc.constantFrom('back' as const, 'forward' as const),
      startMs: fc.option(time, { nil: undefined }),
      range: fc.option(range, { nil: undefined }),
    })
    const looks = fc.integer({ min: 1, max: SECONDS.length })
    fc.assert(
      fc.property(look, looks, time, (given, count, ms) => {
        const startMs = given.direction === 'forward' ? (given.startMs ?? NOW_MS) : given.startMs
        const fromMs = startMs ?? given.range?.$lt?.getTime()
        const isThere =
          given.direction === 'back' ? ms <= (fromMs ?? Infinity) : ms >= (fromMs ?? NOW_MS)
        const steps = timeWindows({ ...given, startMs, nowMs: NOW_MS }).slice(0, count)
        const beyond = steps.at(-1)?.beyond
        const all = [...steps.map(({ window }) => window), ...(beyond ? [beyond] : [])]
        const isWanted = steps.length > 0 && isIn(given.range ?? {}, ms) && isThere
        expect(all.filter((window) => isIn(window, ms)).length).toBe(isWanted ? 1 : 0)
      }),
      { numRuns: 5_000 },
    )
  })

  it('go away from the start', () => {
    const given = { startMs: undefined, nowMs: NOW_MS, range: undefined }
    const back = timeWindows({ ...given, direction: 'back' })
    expect(back.map(({ window: { $gt } }) => $gt && (NOW_MS - $gt.getTime()) / 1_000)).toEqual(
      SECONDS,
    )
    const forward = timeWindows({ ...given, direction: 'forward' })
    expect(
      forward.map(({ window: { $lte } }) => $lte && ($lte.getTime() - NOW_MS) / 1_000),
    ).toEqual(SECONDS)
  })
})
