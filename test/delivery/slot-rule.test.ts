import { describe, expect, it } from 'vitest'
import {
  adopted,
  horizonMs,
  latestStartMs,
  nextStartsMs,
  reservedMs,
  type Ring,
  seenAtMs,
  trimmed,
} from '../../src/delivery/slot-rule.ts'

describe('a rate limit', () => {
  it('lets the whole limit through at once when nothing was sent, and the next when the first is `per` old', () => {
    const rate = { limit: 3, perMs: 1_000 }
    expect(nextStartsMs([], rate, 4, 500)).toEqual([500, 500, 500, 1_500])
    expect(nextStartsMs([10, 20, 30], rate, 4, 500)).toEqual([1_010, 1_020, 1_030, 2_010])
  })

  it('is used to the full: a steady sender loses only what its receiver takes to answer', () => {
    const rate = { limit: 10, perMs: 1_000 }
    let ring: Ring = []
    let now = 0
    for (let sent = 0; sent < 1_000; sent++) {
      now = nextStartsMs(ring, rate, 1, now)[0] ?? now
      ring = trimmed([...ring, seenAtMs(now, now + 5)], rate, now)
    }
    expect(now).toBeLessThanOrEqual(99 * 1_005)
  })

  it('does not wait for hours when the clock was set back by an hour, nor forget when it was set forward', () => {
    const written = { wallMs: 3_600_000, bootMs: 50, boot: 'here' }
    const back = { wallMs: 1_000, bootMs: 1_050, boot: 'here' }
    expect(adopted([3_599_900], written, back)).toEqual([-100 - 1_000 + 1_000])
    const elsewhere = { wallMs: 1_000, bootMs: 9, boot: 'there' }
    expect(adopted([3_599_900], written, elsewhere)[0]).toBeLessThanOrEqual(1_000 + 11_300)
  })

  it('counts no slot of another host later than one can be stored, however slow MongoDB is', () => {
    const now = { wallMs: 1_000, bootMs: 9, boot: 'here' }
    for (const writeMs of [0, 300, 3_000, 60_000]) {
      const latestMs = latestStartMs(horizonMs(1_000, writeMs), 1_000, writeMs)
      const counted = reservedMs(latestMs)
      expect(adopted([counted], { ...now, boot: 'there' }, now)).toEqual([counted])
    }
  })
})
