import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileFilter } from '../../src/filter/compile.ts'
import { durationOf } from '../../src/filter/duration-text.ts'
import { firstIndex, lastIndex } from '../../src/filter/text-search.ts'
import { timestampOf } from '../../src/filter/timestamp-text.ts'

const NANOSECONDS: Record<string, bigint> = {
  h: 3_600_000_000_000n,
  m: 60_000_000_000n,
  s: 1_000_000_000n,
  ms: 1_000_000n,
  us: 1_000n,
  µs: 1_000n,
  ns: 1n,
}

describe('the text of a duration', () => {
  const total = (text: string) => {
    const { seconds, nanos } = durationOf(text)
    return seconds * 1_000_000_000n + BigInt(nanos)
  }
  const part = fc.record({
    whole: fc.integer({ min: 0, max: 99_999 }),
    thousandths: fc.option(fc.integer({ min: 0, max: 999 })),
    unit: fc.constantFrom(...Object.keys(NANOSECONDS)),
  })

  it('means the sum of its parts', () => {
    const sign = fc.constantFrom('', '+', '-')
    fc.assert(
      fc.property(sign, fc.array(part, { minLength: 1, maxLength: 4 }), (given, parts) => {
        const text = parts.map(
          ({ whole, thousandths, unit }) =>
            `${whole}${thousandths === null ? '' : `.${String(thousandths).padStart(3, '0')}`}${unit}`,
        )
        const sum = parts.reduce((so, { whole, thousandths, unit }) => {
          const nanoseconds = NANOSECONDS[unit] ?? 0n
          return (
            so + BigInt(whole) * nanoseconds + (BigInt(thousandths ?? 0) * nanoseconds) / 1_000n
          )
        }, 0n)
        expect(total(given + text.join(''))).toBe(given === '-' ? -sum : sum)
      }),
    )
  })

  it.each(['0', '.5s', '1.h', '1h1h', '-0', '87660000h'])('may be %s', (text) => {
    expect(() => durationOf(text)).not.toThrow()
  })

  it.each([
    '',
    '-',
    '1',
    's',
    '1 s',
    '1d',
    ' 1s',
    '1s ',
    '--1s',
    '1e3s',
    '.s',
    '0x1s',
    '1s2',
    '1'.repeat(63),
    `${'1s'.repeat(32)}s`,
    '87660001h',
    '1'.repeat(262144),
  ])('is not %.80s', (text) => {
    expect(() => durationOf(text)).toThrow('duration() takes text such as 1h30m')
  })
})

describe('the text of a timestamp', () => {
  it('means what Date.parse says of RFC 3339, with any offset', () => {
    const time = fc.date({
      min: new Date('0002-01-01T00:00:00Z'),
      max: new Date('9998-12-31T00:00:00Z'),
      noInvalidDate: true,
    })
    const offset = fc.integer({ min: -23 * 60 - 59, max: 23 * 60 + 59 })
    fc.assert(
      fc.property(time, offset, (at, minutes) => {
        const local = new Date(at.getTime() + minutes * 60_000).toISOString().slice(0, -1)
        const [hours, rest] = [Math.trunc(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
        const two = (n: number) => String(n).padStart(2, '0')
        const text = `${local}${minutes < 0 ? '-' : '+'}${two(hours)}:${two(rest)}`
        expect(timestampOf(text).getTime()).toBe(at.getTime())
      }),
    )
  })

  it.each([
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['2000-02-29t12:00:00.1z', '2000-02-29T12:00:00.100Z'],
    ['2026-01-01T00:00:00.123456789Z', '2026-01-01T00:00:00.123Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ])('%s is %s', (text, iso) => {
    expect(timestampOf(text).toISOString()).toBe(iso)
  })

  it.each([
    '2026-01-01',
    '2026-01-01T00:00:00',
    '2026-01-01 00:00:00Z',
    '20260101T000000Z',
    '2023-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:60:00Z',
    '2026-06-30T23:59:60Z',
    '2026-01-01T00:00:00+24:00',
    '2026-01-01T00:00:00+00:60',
    '2026-01-01T00:00:00+0000',
    'Thu, 01 Jan 2026 00:00:00 GMT',
    '0001-01-01T00:00:00+00:01',
    '9999-12-31T23:59:59-00:01',
    '',
    ' 2026-01-01T00:00:00Z',
    '+002026-01-01T00:00:00Z',
    `2026-01-01T00:00:00.${'1'.repeat(50)}Z`,
  ])('is not %s', (text) => {
    expect(() => timestampOf(text)).toThrow('timestamp() takes RFC 3339 text')
  })
})

describe('the search in a text', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '😀'), maxLength: 200 })

  it('finds what JavaScript finds, first and last, from anywhere', () => {
    fc.assert(
      fc.property(text, text, fc.nat(250), fc.nat(250), (whole, other, from, length) => {
        const inside = whole.slice(from, from + length)
        for (const wanted of [other, inside, inside.repeat(2)]) {
          expect(firstIndex(whole, wanted)).toBe(whole.indexOf(wanted))
          expect(firstIndex(whole, wanted, from)).toBe(whole.indexOf(wanted, from))
          expect(lastIndex(whole, wanted)).toBe(whole.lastIndexOf(wanted))
          expect(lastIndex(whole, wanted, from)).toBe(whole.lastIndexOf(wanted, from))
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('is linear, whatever the texts', () => {
    const began = performance.now()
    expect(lastIndex('a'.repeat(262_144), `${'a'.repeat(131_072)}b`)).toBe(-1)
    const near = `${`b${'a'.repeat(20)}`.repeat(500)}${'a'.repeat(150_000)}`
    expect(firstIndex(near, `b${'a'.repeat(60_000)}b`)).toBe(-1)
    expect(performance.now() - began).toBeLessThan(3_000) // JavaScript takes 12 s
  })
})

describe('what a failed filter says', () => {
  const canary = 'ka-na-ri-4711'
  const data = {
    s: canary,
    n: 4_711.4711,
    key: canary,
    a: [canary, 1, null],
    o: { [canary]: { [canary]: canary } },
    big: 1e300,
  }
  const event = { id: 'e', type: 't', subject: canary, reference: canary, context: data, data }

  it.each([
    'bool(data.s)',
    'int(data.s) == 1',
    'uint(data.s) == 1u',
    'double(data.s) == 1.0',
    'duration(data.s) == duration("1s")',
    'timestamp(data.s) == timestamp(0)',
    'timestamp(0).getHours(data.s) == 1',
    'data[data.key] == 1',
    'data.o[subject].x == 1',
    'data.a[int(data.n)] == 1',
    'data.s.substring(4711) == ""',
    'data.s.indexOf("x", 4711) == 1',
    'data.s + data.n == 1',
    'data.o + data.s == 1',
    'data.s.contains(data.o)',
    'data.s && true',
    'data.s ? true : false',
    'data.s.exists(x, true)',
    'int(data.big) * int(data.big) == 1',
    'uint(data.big) == 1u',
    'data.o < data.a',
    '-data.s == 1',
    '!data.s',
    'data.s',
    'data.a.all(x, x > 0)',
    'data.o.exists_one(k, k)',
    'size(data.n) == 1',
    'data.a[data.s] == 1',
    '1 / (int(data.n) - 4711) == 1',
    '1 % (int(data.n) - 4711) == 1',
    'data.none.none',
    'data.o[data.key][data.key] == 5 || data.s',
  ])('%s: no value and no key of the event', (text) => {
    const filter = compileFilter(text)
    if (!filter.ok) throw new Error(filter.detail)
    let said = ''
    try {
      filter.matches(event)
    } catch (error) {
      said = String(error)
      expect(error).not.toHaveProperty('cause')
    }
    expect(said).toMatch(/^FilterError: The filter (failed: |gives )/)
    expect(said.replace(text, '')).not.toMatch(/ka-na-ri|4711|1e\+?300/)
  })

  it('names the field that the filter asks for', () => {
    const filter = compileFilter('data.none == 1')
    expect(() => filter.ok && filter.matches(event)).toThrow(
      'The filter failed: No such key: none.',
    )
  })
})
