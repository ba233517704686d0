import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { retryAfterMs } from '../../../src/outbound/request/retry-after.ts'

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
    ['Monday, 23-Nov-26 12:01:00 GMT', 60_000],
    ['Mon Nov 23 12:01:00 2026', 60_000],
    ['Tue Dec  1 00:00:00 2026', dayMs],
    ['Mon, 23 Nov 2026 12:00:60 GMT', 60_000],
    ['Mon, 23 Nov 2026 12:01:00 UTC', undefined],
    ['Mon, 23 Nov 2026 12:01:00 +0100', undefined],
    ['mon, 23 nov 2026 12:01:00 gmt', undefined],
    ['Mon, 31 Nov 2026 12:01:00 GMT', undefined],
    ['Mon, 23 Nov 2026 24:01:00 GMT', undefined],
    ['Monday, 23-Nov-76 12:01:00 GMT', dayMs],
    ['Monday, 23-Nov-77 12:01:00 GMT', undefined],
    ['Mon Nov 23 12:01:00 2026 GMT', undefined],
    ['5, 120', 120_000],
    ['120, 5', 120_000],
    ['soon, 5', 5_000],
    ['Mon, 23 Nov 2026 12:01:00 GMT, 30', 60_000],
    ['30, Mon, 23 Nov 2026 12:01:00 GMT, Monday, 23-Nov-26 12:02:00 GMT', 120_000],
    ['Mon Nov 23 12:01:00 2026,5,', 60_000],
    ['5, 99999999999', dayMs],
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

  it('means the same in each form of an HTTP date', () => {
    const at = fc.date({
      min: new Date('2026-11-23T12:00:01Z'),
      max: new Date('2026-11-24T11:59:59Z'),
      noInvalidDate: true,
    })
    fc.assert(
      fc.property(at, (date) => {
        const seconds = Math.floor(date.getTime() / 1_000) * 1_000
        const fixed = new Date(seconds).toUTCString()
        const [, dayName = '', day = '', month = '', year = '', time = ''] =
          /^(\w+), (\d+) (\w+) (\d+) ([\d:]+) GMT$/.exec(fixed) ?? []
        const long = new Date(seconds).toLocaleDateString('en', {
          weekday: 'long',
          timeZone: 'UTC',
        })
        const forms = [
          fixed,
          `${long}, ${day}-${month}-${year.slice(2)} ${time} GMT`,
          `${dayName} ${month} ${String(Number(day)).padStart(2)} ${time} ${year}`,
        ]
        for (const form of forms)
          expect(retryAfterMs({ 'retry-after': form }, nowMs)).toBe(seconds - nowMs)
      }),
    )
  })
})
