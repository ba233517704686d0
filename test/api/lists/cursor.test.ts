import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Cursor,
  decodeCursor,
  encodeCursor,
  filterHash,
} from '../../../src/api/lists/cursor.ts'

const cursors: fc.Arbitrary<Cursor> = fc.record({
  at: fc.integer({ min: 0, max: 4e12 }),
  id: fc.string({ maxLength: 200 }),
  direction: fc.constantFrom('next', 'prev'),
  filter: fc.stringMatching(/^[0-9a-f]{12}$/),
})

describe('a cursor', () => {
  it('comes back as it was made', () => {
    fc.assert(
      fc.property(cursors, (cursor) => {
        expect(decodeCursor(encodeCursor(cursor), cursor.filter)).toEqual(cursor)
      }),
    )
  })

  it('is refused when a character of it is changed', () => {
    fc.assert(
      fc.property(cursors, fc.nat(), fc.constantFrom('A', 'z', '0', '_'), (cursor, at, other) => {
        const text = encodeCursor(cursor)
        const index = at % text.length
        fc.pre(text[index] !== other)
        const changed = text.slice(0, index) + other + text.slice(index + 1)
        expect(() => decodeCursor(changed, cursor.filter)).toThrow(
          expect.objectContaining({ code: 'cursor_invalid' }),
        )
      }),
    )
  })

  it('is refused as any other text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => decodeCursor(text, 'x')).toThrow(
          expect.objectContaining({ code: 'cursor_invalid' }),
        )
      }),
    )
  })

  it('belongs to its filters, whatever the limit and the order they are given in', () => {
    const hash = filterHash('/v1/deliveries', 't', { state: 'failed', type: 'a', limit: 5 })
    expect(filterHash('/v1/deliveries', 't', { type: 'a', state: 'failed', limit: 9 })).toBe(hash)
    expect(filterHash('/v1/deliveries', 't', { type: 'b', state: 'failed' })).not.toBe(hash)
    expect(filterHash('/v1/deliveries', 'u', { type: 'a', state: 'failed' })).not.toBe(hash)
    const cursor = encodeCursor({ at: 1, id: 'x', direction: 'next', filter: hash })
    expect(() => decodeCursor(cursor, 'other')).toThrow(
      expect.objectContaining({ code: 'cursor_filter_mismatch' }),
    )
  })
})
