import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  chunkDueMs,
  chunkSize,
  lateByMs,
  pageSize,
  secondsFor,
  startInChunkMs,
} from '../../src/delivery/replay-pace.ts'

const rate = fc.integer({ min: 1, max: 1_000 })

describe('the pace of a replay', () => {
  it('hands over at most 0.2 s of its rate at once, or one delivery', () => {
    fc.assert(
      fc.property(rate, (perSecond) => {
        const size = chunkSize(perSecond)
        expect(size).toBeGreaterThanOrEqual(1)
        expect(size === 1 || size / perSecond <= 0.2).toBe(true)
      }),
    )
  })

  it('chooses whole chunks, ten seconds and 2,000 deliveries at most', () => {
    fc.assert(
      fc.property(rate, (perSecond) => {
        const size = pageSize(perSecond)
        expect(size % chunkSize(perSecond)).toBe(0)
        expect(size).toBeGreaterThan(0)
        expect(size).toBeLessThanOrEqual(Math.min(perSecond * 10, 2_000))
      }),
    )
  })

  it('starts the deliveries of a chunk in order, within the time that one round waits for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), (count) => {
        const starts = Array.from({ length: count }, (_, n) => startInChunkMs(n, count))
        expect(starts).toEqual(starts.toSorted((a, b) => a - b))
        expect(starts[0]).toBe(0)
        expect(starts.at(-1)).toBeLessThan(100)
      }),
    )
  })

  it('keeps the distances of a chunk that starts late, and none of it starts before its attempts are taken', () => {
    fc.assert(
      fc.property(fc.nat(100_000), fc.nat(100_000), (firstMs, nowMs) => {
        const lateMs = lateByMs(firstMs, nowMs)
        expect(lateMs).toBeGreaterThanOrEqual(0)
        expect(firstMs + lateMs).toBeGreaterThan(nowMs)
        expect(lateMs === 0 || firstMs < nowMs + 100).toBe(true)
      }),
    )
  })

  it('catches up after a short delay, and does not after a pause or a crash', () => {
    expect(chunkDueMs(10_000, 10_900)).toBe(10_000)
    expect(chunkDueMs(10_000, 15_000)).toBe(15_000)
    expect(chunkDueMs(10_000, 9_900)).toBe(10_000)
  })

  it('tells how long a number of deliveries takes', () => {
    expect(secondsFor(0, 50)).toBe(0)
    expect(secondsFor(201, 50)).toBe(5)
  })
})
