import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDuration } from '../../src/delivery/duration.ts'
import { attemptsOf, nextDueAtMs, retryPolicyOf } from '../../src/delivery/schedule.ts'
import type { Schedule } from '../../src/delivery/types.ts'

const failed = (failures: number, more: Partial<Parameters<typeof nextDueAtMs>[1]> = {}) => ({
  failures,
  roundStartedAtMs: 0,
  endedAtMs: 1_000,
  random: 0,
  ...more,
})

const duration = fc.integer({ min: 100, max: 600_000 }).map((ms) => `${ms}ms`)
const schedule: fc.Arbitrary<Schedule> = fc.oneof(
  fc.record({
    type: fc.constant('fixed' as const),
    interval: duration,
    retries: fc.integer({ min: 0, max: 20 }),
  }),
  fc.record({
    type: fc.constant('exponential' as const),
    initial: duration,
    factor: fc.double({ min: 1, max: 10, noNaN: true }),
    max: fc.option(duration, { nil: undefined }),
    retries: fc.integer({ min: 0, max: 20 }),
    jitter: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
  }),
  fc.record({
    type: fc.constant('list' as const),
    delays: fc.array(duration, { minLength: 1, maxLength: 20 }),
    jitter: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
  }),
  fc.record({
    type: fc.constant('within' as const),
    attempts: fc.integer({ min: 2, max: 20 }),
    within: duration,
  }),
)

describe('what each schedule means', () => {
  it('three retries one second apart are four attempts with policy 1 s, coefficient 1', () => {
    const fixed: Schedule = { type: 'fixed', interval: '1s', retries: 3 }
    expect(retryPolicyOf(fixed)).toEqual({
      initialInterval: 1_000,
      backoffCoefficient: 1,
      maximumInterval: 1_000,
      maximumAttempts: 4,
    })
    expect([1, 2, 3, 4].map((n) => nextDueAtMs(fixed, failed(n)))).toEqual([
      2_000,
      2_000,
      2_000,
      null,
    ])
  })

  it('three minutes then six is policy 180 s, coefficient 2, 3 attempts', () => {
    const retry: Schedule = { type: 'exponential', initial: '3m', factor: 2, retries: 2 }
    expect(retryPolicyOf(retry)).toMatchObject({
      initialInterval: 180_000,
      backoffCoefficient: 2,
      maximumInterval: 360_000,
      maximumAttempts: 3,
    })
    expect([1, 2, 3].map((n) => nextDueAtMs(retry, failed(n)))).toEqual([181_000, 361_000, null])
  })

  it('max caps the exponential waits', () => {
    const retry: Schedule = {
      type: 'exponential',
      initial: '1s',
      factor: 10,
      max: '5s',
      retries: 3,
    }
    expect([1, 2, 3].map((n) => nextDueAtMs(retry, failed(n)))).toEqual([2_000, 6_000, 6_000])
  })

  it('a list waits what it says, in order', () => {
    const retry: Schedule = { type: 'list', delays: ['5s', '5m', '30m'] }
    expect([1, 2, 3, 4].map((n) => nextDueAtMs(retry, failed(n)))).toEqual([
      6_000,
      301_000,
      1_801_000,
      null,
    ])
  })

  it('five attempts within ten seconds start evenly whatever the receiver takes', () => {
    const retry: Schedule = { type: 'within', attempts: 5, within: '10s' }
    const due = [1, 2, 3, 4, 5].map((n) =>
      nextDueAtMs(retry, failed(n, { endedAtMs: (n - 1) * 2_500 + 1_500 })),
    )
    expect(due).toEqual([2_500, 5_000, 7_500, 10_000, null])
  })

  it('within rests a third of its spacing behind an attempt that took until the next was due', () => {
    const retry: Schedule = { type: 'within', attempts: 4, within: '9s' }
    const took = { startedAtMs: 0, endedAtMs: 5_000 }
    expect(nextDueAtMs(retry, failed(1, took))).toBe(6_000)
    expect(nextDueAtMs(retry, failed(1, { ...took, endedAtMs: 2_990 }))).toBe(3_000)
  })

  it('within makes no volley of what a Retry-After of a minute put off', () => {
    const retry: Schedule = { type: 'within', attempts: 5, within: '12s' }
    const first = { startedAtMs: 0, endedAtMs: 10, retryAfterMs: 60_000 }
    expect(nextDueAtMs(retry, failed(1, first))).toBe(60_010)
    const second = { startedAtMs: 60_010, endedAtMs: 60_020 }
    expect(nextDueAtMs(retry, failed(2, second))).toBe(61_020)
    const third = { startedAtMs: 61_020, endedAtMs: 61_900 }
    expect(nextDueAtMs(retry, failed(3, third))).toBe(62_900)
  })
})

describe('within, whatever receivers, pauses and Retry-After do', () => {
  /** Shares of the even spacing: how late each attempt starts, how long it takes, what Retry-After asks for. */
  const attempt = (lateMost: number, tookMost: number) =>
    fc.record({
      late: fc.oneof(fc.constant(0), fc.double({ min: 0, max: lateMost, noNaN: true })),
      took: fc.double({ min: 0, max: tookMost, noNaN: true }),
      asked: fc.oneof(fc.constant(0), fc.double({ min: 0, max: lateMost, noNaN: true })),
    })
  type Attempt = { late: number; took: number; asked: number }
  type Run = { spacingMs: number; starts: number[]; ends: number[] }

  function run(attempts: Attempt[], spacingMs: number): Run {
    const within = `${spacingMs * (attempts.length - 1)}ms`
    const retry: Schedule = { type: 'within', attempts: attempts.length, within }
    const made: Run = { spacingMs, starts: [], ends: [] }
    let due: number | null = 0
    for (const { late, took, asked } of attempts) {
      const startedAtMs: number = (due ?? Number.NaN) + late * spacingMs
      const endedAtMs = startedAtMs + took * spacingMs
      made.starts.push(startedAtMs)
      made.ends.push(endedAtMs)
      due = nextDueAtMs(retry, {
        failures: made.starts.length,
        roundStartedAtMs: made.starts[0] ?? 0,
        startedAtMs,
        endedAtMs,
        retryAfterMs: asked * spacingMs,
        random: 0,
      })
    }
    expect(due).toBeNull()
    return made
  }
  const rests = ({ starts, ends }: Run) =>
    starts.slice(1).map((start, n) => start - (ends[n] ?? Number.NaN))
  const spacing = fc.integer({ min: 300, max: 60_000 })
  const attempts = (one: fc.Arbitrary<Attempt>) => fc.array(one, { minLength: 2, maxLength: 20 })

  it('rests a third at least where a receiver takes no more than that', () => {
    fc.assert(
      fc.property(attempts(attempt(30, 1 / 3)), spacing, (all, spacingMs) => {
        const least = Math.min(...rests(run(all, spacingMs)))
        expect(least).toBeGreaterThanOrEqual(spacingMs / 3 - 0.001)
      }),
    )
  })

  it('rests a third at least behind every attempt that was later than that, or took too long', () => {
    fc.assert(
      fc.property(attempts(attempt(30, 5)), spacing, (all, spacingMs) => {
        const made = run(all, spacingMs)
        const begun = made.starts[0] ?? 0
        for (const [n, rest] of rests(made).entries()) {
          expect(rest).toBeGreaterThanOrEqual(0)
          const plannedMs = begun + spacingMs * n
          const isLate = (made.starts[n] ?? 0) > plannedMs + spacingMs / 3 + 0.001
          const isLong = (made.ends[n] ?? 0) > plannedMs + spacingMs + 0.001
          if (isLate || isLong) expect(rest).toBeGreaterThanOrEqual(spacingMs / 3 - 0.001)
        }
      }),
    )
  })

  it('is even to the millisecond where nothing is late, however long a receiver takes', () => {
    fc.assert(
      fc.property(attempts(attempt(0, 0.999)), spacing, (all, spacingMs) => {
        const { starts } = run(all, spacingMs)
        for (const [n, start] of starts.entries()) expect(start - n * spacingMs).toBeLessThan(1)
      }),
    )
  })

  it('comes back to its times where it was late once and has room', () => {
    const once = [
      { late: 0, took: 0.1, asked: 1.5 },
      ...Array.from({ length: 9 }, () => ({ late: 0, took: 0.1, asked: 0 })),
    ]
    const { starts } = run(once, 3_000)
    expect(starts.at(-1)).toBe(27_000)
  })
})

describe('what holds for every schedule', () => {
  it('ends after exactly the promised attempts', () => {
    fc.assert(
      fc.property(schedule, (retry) => {
        const attempts = attemptsOf(retry)
        for (let n = 1; n < attempts; n++) expect(nextDueAtMs(retry, failed(n))).not.toBeNull()
        expect(nextDueAtMs(retry, failed(attempts))).toBeNull()
        const policy = retryPolicyOf(retry)
        expect(policy.maximumAttempts).toBe(attempts)
        expect(policy.maximumInterval).toBeGreaterThanOrEqual(policy.initialInterval)
      }),
    )
  })

  it('is never due before the failed attempt has ended', () => {
    fc.assert(
      fc.property(schedule, fc.double({ min: 0, max: 1, noNaN: true }), (retry, random) => {
        const due = nextDueAtMs(retry, failed(1, { random }))
        expect(due === null || due >= 1_000).toBe(true)
      }),
    )
  })

  it('jitter and Retry-After lengthen a wait and never shorten it; Retry-After at most to 24 h', () => {
    const retryAfter = fc.integer({ min: 0, max: 200_000_000 })
    fc.assert(
      fc.property(
        schedule,
        retryAfter,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (retry, ms, random) => {
          const plain = nextDueAtMs(retry, failed(1))
          const due = nextDueAtMs(retry, failed(1, { retryAfterMs: ms, random }))
          expect(due === null).toBe(plain === null)
          if (plain === null || due === null) return
          expect(due).toBeGreaterThanOrEqual(plain)
          expect(due).toBeGreaterThanOrEqual(1_000 + Math.min(ms, 86_400_000))
          expect(due).toBeLessThanOrEqual(Math.max(plain * 2, 1_000 + 86_400_000))
        },
      ),
    )
  })
})

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['1s', 1_000],
    ['1.5s', 1_500],
    ['3m', 180_000],
    ['24h', 86_400_000],
    ['5d', 432_000_000],
  ])('%s is %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  it.each(['', '1', 's', '-1s', '1 s', '1S', '1s ', '1.s', '1e3s', '٣s', '9999999999s'])(
    '%j is no duration',
    (text) => {
      expect(parseDuration(text)).toBeUndefined()
    },
  )
})
