import { describe, expect, it } from 'vitest'
import { passLimitMs } from '../../src/delivery/pass-limit.ts'

describe('the time of an activity', () => {
  it.each([1_000, 15_000, 30_000])(
    'has room for all that a pass with a timeout of %i ms may wait for',
    (timeoutMs) => {
      const place = 15_000
      const attemptOfAnother = timeoutMs + 5_000
      const lastBegin = timeoutMs + 5_000
      const quickPassBefore = 2_000 + 1_100
      const all = quickPassBefore + place + attemptOfAnother + lastBegin + timeoutMs
      expect(passLimitMs(timeoutMs) - all).toBeGreaterThanOrEqual(10_000)
    },
  )
})
