import { describe, expect, it } from 'vitest'
import { curlOf } from '../../console/src/format/curl.ts'
import { drainText, parseDuration } from '../../console/src/format/duration.ts'
import { pageOfId, shortId } from '../../console/src/format/id.ts'
import { bytesText, countText, plural, shareText } from '../../console/src/format/number.ts'
import { clockTime, exactTime, relativeTime, spanText } from '../../console/src/format/time.ts'
import { groupGlob, typeGroup } from '../../console/src/format/type-group.ts'
import { schemaRows } from '../../console/src/pages/event-types/schema-rows.ts'

const NOW = Date.parse('2026-11-28T12:00:00Z')

describe('times', () => {
  it.each([
    [0, '0 ms'],
    [840, '840 ms'],
    [1_200, '1.2 s'],
    [2_000, '2 s'],
    [59_400, '59 s'],
    [184_000, '3 m 04 s'],
    [7_800_000, '2 h 10 m'],
    [273_600_000, '3 d 4 h'],
  ])('of %i ms are %s long', (ms, text) => expect(spanText(ms)).toBe(text))

  it('that are near are told from now, others by their date', () => {
    expect(relativeTime('2026-11-28T11:59:48Z', NOW)).toBe('12 s ago')
    expect(relativeTime('2026-11-28T12:02:41Z', NOW)).toBe('in 2 m 41 s')
    expect(relativeTime('2026-11-20T12:00:00Z', NOW)).toBeUndefined()
    expect(clockTime('2026-11-28T11:59:48Z', 'UTC', NOW)).toBe('11:59:48')
    expect(clockTime('2026-11-20T11:59:48Z', 'UTC', NOW)).toBe('2026-11-20 11:59:48')
    expect(exactTime('2026-11-20T11:59:48Z', 'UTC')).toBe('2026-11-20 11:59:48 UTC')
  })
})

describe('numbers', () => {
  it('say what they count', () => {
    expect(countText(12_480)).toBe('12,480')
    expect(plural(1, 'delivery', 'deliveries')).toBe('1 delivery')
    expect(plural(1_204, 'delivery', 'deliveries')).toBe('1,204 deliveries')
    expect(bytesText(812)).toBe('812 B')
    expect(bytesText(3_500)).toBe('3.4 KiB')
  })

  it('never round a failure away', () => {
    expect(shareText(0, 0)).toBe('–')
    expect(shareText(99_999, 100_000)).toBe('> 99.9 %')
    expect(shareText(1, 100_000)).toBe('< 0.1 %')
    expect(shareText(992, 1_000)).toBe('99.2 %')
    expect(shareText(10, 10)).toBe('100 %')
  })

  it('say how long a backlog takes', () => {
    expect(parseDuration('1.5m')).toBe(90_000)
    expect(parseDuration('soon')).toBeUndefined()
    expect(drainText(10_000, 10, '1s')).toBe('16 m 40 s')
    expect(drainText(10_000, 10, 'x')).toBeUndefined()
  })
})

describe('ids', () => {
  it('are shortened in the middle', () => {
    expect(shortId('dlv_1')).toBe('dlv_1')
    expect(shortId('dlv_0123456789abcdef0123456789abcdef', 16)).toBe('dlv_012345…bcdef')
  })

  it.each([
    ['dlv_0a', '/deliveries/dlv_0a'],
    [' wh_01 ', '/settings/webhooks/wh_01'],
    ['evt_9', '/events/evt_9'],
    ['rpl_9', '/replays/rpl_9'],
    ['cus_42', undefined],
  ])('lead to their page: %s', (id, page) => expect(pageOfId(id)).toBe(page))
})

it('an attempt as curl quotes what a shell would read', () => {
  const request = { method: 'POST', url: "https://x.example/a'b", headers: { 'X-A': '1' } }
  expect(curlOf({ request }, `{"a":"it's"}`)).toBe(
    `curl -X POST 'https://x.example/a'\\''b' \\\n  -H 'X-A: 1' \\\n  --data-raw '{"a":"it'\\''s"}'`,
  )
  expect(curlOf({}, '')).toBeUndefined()
})

it('a schema is a table of its fields, arrays and objects within', () => {
  const schema = {
    type: 'object',
    required: ['id'],
    properties: {
      id: { type: 'string', description: 'Its id.' },
      tags: {
        type: 'array',
        items: { type: 'object', properties: { name: { enum: ['a', 'b'] } } },
      },
    },
  }
  expect(schemaRows(schema)).toEqual([
    { path: 'id', type: 'string', isNeeded: true, description: 'Its id.' },
    { path: 'tags[]', type: 'object', isNeeded: false, description: '' },
    { path: 'tags[].name', type: '"a" or "b"', isNeeded: false, description: '' },
  ])
})

describe('a group of event types', () => {
  it('is named by their first word, and chosen by a glob that has all of them', () => {
    expect(['customer_tag_add', 'order.created', 'ping'].map(typeGroup)).toEqual([
      'customer',
      'order',
      'ping',
    ])
    expect(groupGlob('customer', ['customer_add', 'customer_tag_add'])).toBe('customer_*')
    expect(groupGlob('order', ['order.created', 'order.paid'])).toBe('order.*')
    expect(groupGlob('order', ['order', 'order.paid', 'order_old'])).toBe('order*')
  })
})
