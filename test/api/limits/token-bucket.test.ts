import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Bucket, fullBucket, refilled, waitMs } from '../../../src/api/limits/token-bucket.ts'

const limits = fc.record({
  rate: fc.integer({ min: 1, max: 100_000 }),
  burst: fc.integer({ min: 1, max: 100_000 }),
})
const gapsMs = fc.array(fc.integer({ min: -5_000, max: 60_000 }), { maxLength: 200 })

describe('a token bucket', () => {
  it('lets through at most burst + rate × time, whenever requests come', () => {
    fc.assert(
      fc.property(limits, gapsMs, (limit, gaps) => {
        let nowMs = 1_000_000
        let taken = 0
        let passedMs = 0
        let bucket: Bucket = fullBucket(limit, nowMs)
        for (const gap of gaps) {
          nowMs += gap
          passedMs += Math.max(0, gap)
          bucket = refilled(bucket, limit, nowMs)
          while (waitMs(bucket, limit) === 0 && taken < 1_000) {
            bucket = { ...bucket, tokens: bucket.tokens - 1 }
            taken += 1
          }
        }
        expect(taken).toBeLessThanOrEqual(limit.burst + (limit.rate * passedMs) / 1_000 + 1e-6)
      }),
    )
  })

  it('has a token exactly when it said, whatever was taken', () => {
    fc.assert(
      fc.property(limits, fc.integer({ min: 1, max: 200_000 }), (limit, taken) => {
        const full = fullBucket(limit, 0)
        const bucket = { ...full, tokens: full.tokens - taken }
        const wait = waitMs(bucket, limit)
        expect(waitMs(refilled(bucket, limit, wait + 0.001), limit)).toBe(0)
        if (wait > 1) expect(waitMs(refilled(bucket, limit, wait - 1), limit)).toBeGreaterThan(0)
      }),
    )
  })
})
