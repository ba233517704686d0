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

  it('within never starts an attempt before the last one has ended', () => {
    const retry: Schedule = { type: 'within', attempts: 3, within: '2s' }
    expect(nextDueAtMs(retry, failed(1, { endedAtMs: 5_000 }))).toBe(5_000)
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
