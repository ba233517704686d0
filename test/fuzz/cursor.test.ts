import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Cursor, decodeCursor, encodeCursor } from '../../src/api/lists/cursor.ts'
import { ApiError } from '../../src/api/http/errors.ts'
import { fuzz, mangled } from '../support/strangers/fuzz.ts'

const FILTER = '0123456789ab'

const cursors: fc.Arbitrary<Cursor> = fc.record({
  at: fc.integer({ min: 0, max: 253_402_300_799_999 }),
  id: fc.string({ unit: 'binary', maxLength: 100 }),
  direction: fc.constantFrom('next', 'prev'),
  filter: fc.oneof(fc.constant(FILTER), fc.string({ maxLength: 12 })),
})

function decoded(text: string): Cursor | undefined {
  try {
    return decodeCursor(text, FILTER)
  } catch (error) {
    expect(error).toBeInstanceOf(ApiError)
    const { code, message } = error as ApiError
    expect(['cursor_invalid', 'cursor_filter_mismatch']).toContain(code)
    if (text.length > 8) expect(message).not.toContain(text)
    return undefined
  }
}

describe('the cursor parser, fuzzed', () => {
  it('gives back what was encoded, and only for its own filters', () =>
    fuzz(
      'cursor round trip',
      fc.property(cursors, (cursor) => {
        const back = decoded(encodeCursor(cursor))
        expect(back).toEqual(cursor.filter === FILTER ? cursor : undefined)
      }),
    ))

  it('takes no text but the one that it would print itself', () => {
    const near = mangled(cursors.map((cursor) => encodeCursor({ ...cursor, filter: FILTER })))
    const json = fc.oneof(fc.json(), mangled(cursors.map((cursor) => JSON.stringify(cursor))))
    const wrapped = json.map((text) => Buffer.from(`00000000${text}`).toString('base64url'))
    return fuzz(
      'cursor text',
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), near, wrapped), (text) => {
        const cursor = decoded(text)
        if (cursor) expect(encodeCursor(cursor)).toBe(text)
      }),
    )
  })
})
