import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { retryAfterMs } from '../../src/outbound/retry-after.ts'

const nowMs = Date.parse('2026-11-23T12:00:00Z')
const dayMs = 24 * 3_600_000

describe('Retry-After', () => {
  it.each([
    ['120', 120_000],
    ['0', 0],
    [' 7 ', 7_000],
    ['99999999999999999999', dayMs],
    ['Mon, 23 Nov 2026 12:01:00 GMT', 60_000],
    ['Sun, 23 Nov 2036 12:01:00 GMT', dayMs],
    ['Mon, 23 Nov 2026 11:59:00 GMT', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['', undefined],
    ['2026-11-23T12:01:00Z', undefined],
    ['Foo, 99 Nov GMT', undefined],
  ])('%j asks for %s ms', (value, waitMs) => {
    expect(retryAfterMs({ 'retry-after': value }, nowMs)).toBe(waitMs)
  })

  it('is found under any spelling of its name, and may be absent', () => {
    expect(retryAfterMs({ 'Retry-After': '1' }, nowMs)).toBe(1_000)
    expect(retryAfterMs({}, nowMs)).toBeUndefined()
  })

  it('never asks for a negative wait or for more than a day', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const waitMs = retryAfterMs({ 'retry-after': value }, nowMs) ?? 0
        return waitMs >= 0 && waitMs <= dayMs
      }),
    )
  })
})
