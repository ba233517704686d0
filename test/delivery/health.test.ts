import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { autoDisableOf, DEFAULT_AUTO_DISABLE, healthOf } from '../../src/delivery/health.ts'
import type { AutoDisable } from '../../src/delivery/types.ts'

const DAY_MS = 86_400_000
const policy = fc.record({
  after: fc.integer({ min: 1, max: 90 * 24 }).map((hours) => `${hours}h`),
  attempts: fc.integer({ min: 1, max: 1_000 }),
})
const hoursOf = (after: string) => Number(after.slice(0, -1))
const streak = fc.record({
  lastedMs: fc.integer({ min: 0, max: 200 * DAY_MS }),
  attempts: fc.integer({ min: 1, max: 2_000 }),
})
const NOW = Date.UTC(2026, 0, 1)
const judged = (one: { lastedMs: number; attempts: number }, rule: AutoDisable | null) =>
  healthOf({ sinceMs: NOW - one.lastedMs, attempts: one.attempts }, rule, NOW)
const ORDER = ['fine', 'failing', 'disable']

describe('the health of a webhook', () => {
  it.each([
    [4.99 * DAY_MS, 1_000, 'failing'],
    [5 * DAY_MS, 19, 'failing'],
    [5 * DAY_MS, 20, 'disable'],
    [2.5 * DAY_MS, 10, 'failing'],
    [2.5 * DAY_MS, 9, 'fine'],
    [2.49 * DAY_MS, 1_000, 'fine'],
  ])('by default: %d ms and %d attempts of only failures are %s', (lastedMs, attempts, health) => {
    expect(judged({ lastedMs, attempts }, autoDisableOf({}))).toBe(health)
  })

  it('is to disable exactly when time and attempts are both reached', () => {
    fc.assert(
      fc.property(streak, policy, (one, rule) => {
        const isReached =
          one.lastedMs >= hoursOf(rule.after) * 3_600_000 && one.attempts >= rule.attempts
        expect(judged(one, rule) === 'disable').toBe(isReached)
      }),
    )
  })

  it('never gets better by more time or more failures, and warns before it disables', () => {
    fc.assert(
      fc.property(streak, streak, policy, (one, more, rule) => {
        const later = {
          lastedMs: one.lastedMs + more.lastedMs,
          attempts: one.attempts + more.attempts,
        }
        const rank = (health: string) => ORDER.indexOf(health)
        expect(rank(judged(later, rule))).toBeGreaterThanOrEqual(rank(judged(one, rule)))
        const half = { lastedMs: one.lastedMs / 2, attempts: Math.ceil(one.attempts / 2) }
        if (judged(one, rule) === 'disable') expect(judged(half, rule)).not.toBe('fine')
      }),
    )
  })

  it('is always fine where the policy is null', () => {
    fc.assert(fc.property(streak, (one) => judged(one, null) === 'fine'))
  })

  it('follows the policy of the webhook; one that says nothing has the default, null is off', () => {
    expect(autoDisableOf({})).toEqual(DEFAULT_AUTO_DISABLE)
    expect(autoDisableOf({ autoDisable: null })).toBeNull()
    expect(autoDisableOf({ autoDisable: { after: '1h', attempts: 3 } })).toMatchObject({
      attempts: 3,
    })
  })
})
