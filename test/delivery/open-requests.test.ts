import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { msEach, shareAfter, sharedCaps } from '../../src/delivery/open-requests.ts'

const concurrency = fc.integer({ min: 1, max: 256 })
const codes = fc.array(
  fc.constantFrom('timeout', 'connect_timeout', 'dns_error', 'http_5xx', undefined),
)
const sharing = { tenant: 't', origin: 'https://a.example' }
const limits = { perOrigin: 64, perTenant: 500 }

describe('the share of a webhook', () => {
  it('is halved by each timeout, down to 8, and doubled by each answer, up to its concurrency', () => {
    const after = (...all: (string | undefined)[]) =>
      all.reduce<number | undefined>((share, code) => shareAfter(share, 64, code), undefined)
    expect(after('timeout')).toBe(32)
    expect(after('timeout', 'dns_error', 'connect_timeout', 'timeout')).toBe(8)
    expect(after('timeout', 'timeout', 'http_5xx')).toBe(32)
    expect(after('timeout', 'timeout', undefined, undefined)).toBeUndefined()
  })

  it('never leaves the room between 8 and its concurrency', () => {
    fc.assert(
      fc.property(concurrency, codes, (most, all) => {
        let share: number | undefined
        for (const code of all) share = shareAfter(share, most, code)
        if (share === undefined) return
        expect(share).toBeGreaterThanOrEqual(Math.min(8, most))
        expect(share).toBeLessThanOrEqual(most)
      }),
    )
  })
})

describe('an open request', () => {
  it('counts under its origin and its tenant', () => {
    expect(sharedCaps(sharing, limits, { isSlow: false, factor: 1 })).toEqual([
      { key: 'https://a.example', most: 64, lenient: true },
      { key: 'tenant t', most: 500 },
    ])
  })

  it('of a webhook that times out has half of them together with the others that do', () => {
    expect(sharedCaps(sharing, limits, { isSlow: true, factor: 2 })).toEqual([
      { key: 'slow https://a.example', most: 32, lenient: true },
      { key: 'slow tenant t', most: 250 },
      { key: 'https://a.example', most: 128, lenient: true },
      { key: 'tenant t', most: 1_000 },
    ])
  })

  it('takes its place for its whole timeout as long as nothing else is known', () => {
    expect(msEach(8, '2s', 0)).toBe(250)
    expect(msEach(8, '2s', 0.1)).toBe(10)
  })
})
