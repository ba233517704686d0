import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { compileFilter } from '../../src/filter/compile.ts'

const rowSchema = z.tuple([z.string(), z.string().nullable()]).rest(z.number())
const rows = z
  .array(rowSchema)
  .parse(JSON.parse(readFileSync(new URL('./zone-vectors.json', import.meta.url), 'utf8')))

const PARTS = [
  'FullYear',
  'Month',
  'Date',
  'DayOfWeek',
  'DayOfYear',
  'Hours',
  'Minutes',
  'Seconds',
  'Milliseconds',
]
const filterOf = (zone: string) => {
  const parts = PARTS.map((part, n) => `timestamp(data.at).get${part}(${zone}) == data.want[${n}]`)
  const days = `timestamp(data.at).getDayOfMonth(${zone}) == int(data.want[2]) - 1`
  return [...parts, days].join(' && ')
}
const inZone = compileFilter(filterOf('data.zone'))
const inUtc = compileFilter(filterOf(''))

function agrees(at: string, zone: string | null, want: number[]): boolean {
  const filter = zone === null ? inUtc : inZone
  if (!filter.ok) throw new Error(filter.detail)
  const event = { id: 'e', type: 't', subject: null, reference: null, context: {} }
  return filter.matches({ ...event, data: { at, zone, want } })
}

describe('a filter means the same wherever herald runs', () => {
  const before = process.env['TZ']
  afterAll(() => {
    if (before === undefined) delete process.env['TZ']
    else process.env['TZ'] = before
  })

  it.each([
    ['UTC', 0],
    ['America/New_York', -5],
    ['Pacific/Apia', 13],
    ['Australia/Lord_Howe', 11],
    ['Europe/London', 0],
  ])('in %s: as Python says of %s', (zone, hours) => {
    process.env['TZ'] = zone
    expect(new Date('2024-01-15T00:00:00Z').getHours()).toBe((24 + hours) % 24)
    expect(rows.length).toBeGreaterThan(500)
    const differing = rows.filter(([at, name, ...want]) => !agrees(at, name, want))
    expect(differing).toEqual([])
  })

  it.each([
    ["timestamp('2024-03-31T02:30:00+02:00') == timestamp('2024-03-31T00:30:00Z')"],
    ["timestamp('2024-02-29T00:00:00Z') + duration('24h') == timestamp('2024-03-01T00:00:00Z')"],
    ["timestamp('2024-11-03T05:59:59Z').getHours('America/New_York') == 1"],
    ["timestamp('2024-11-03T06:00:00Z').getHours('America/New_York') == 1"],
    ["timestamp('2024-07-01T00:00:00Z').getHours('europe/berlin') == 2"],
  ])('%s', (text) => {
    for (const zone of ['UTC', 'America/New_York', 'Pacific/Apia']) {
      process.env['TZ'] = zone
      const filter = compileFilter(`${text} // in ${zone}`)
      const event = { id: 'e', type: 't', subject: null, reference: null, context: {}, data: 1 }
      expect(filter.ok && filter.matches(event), zone).toBe(true)
    }
  })

  it.each(['Mars/Base', '', '+24:00', '+05:60', '+5:00', '0530', 'Etc/../UTC', 'x'.repeat(70)])(
    'there is no time zone “%s”',
    (zone) => {
      expect(() => agrees('2024-01-01T00:00:00Z', zone, [])).toThrow('a time zone is an IANA name')
    },
  )
})
