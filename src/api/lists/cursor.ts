import { z } from 'zod'
import { sha256 } from '../../ids.ts'
import { ApiError } from '../http/errors.ts'

/** The end of the year 9999; a forged time beyond what Date and MongoDB can hold is no cursor. */
const LATEST_MS = 253_402_300_799_999

const cursorSchema = z.strictObject({
  /** Time (epoch ms) and id of the row at the edge of the page. */
  at: z.number().int().min(0).max(LATEST_MS),
  id: z.string().max(300),
  direction: z.enum(['next', 'prev']),
  filter: z.string(),
})
export type Cursor = z.output<typeof cursorSchema>

/** An opaque, URL-safe text; the check digits tell a mistyped cursor from one of ours. */
export function encodeCursor(cursor: Cursor): string {
  const json = JSON.stringify(cursor)
  return Buffer.from(checkDigits(json) + json).toString('base64url')
}

/** Throws cursor_invalid, or cursor_filter_mismatch where it was made for other filters. */
export function decodeCursor(text: string, filter: string): Cursor {
  const cursor = readCursor(text)
  if (!cursor || encodeCursor(cursor) !== text)
    throw new ApiError('cursor_invalid', 'Use a cursor of `page` as it is, or none.')
  if (cursor.filter !== filter)
    throw new ApiError(
      'cursor_filter_mismatch',
      'The filters changed since this cursor was made; start again without it.',
    )
  return cursor
}

/** Names a list and its filters (not its limit and cursor) in 12 hex digits. */
export function filterHash(list: string, tenant: string, query: object): string {
  const filters = Object.entries(query)
    .filter(([name, value]) => name !== 'limit' && name !== 'cursor' && value !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  return sha256(JSON.stringify([list, tenant, filters])).slice(0, 12)
}

function readCursor(text: string): Cursor | undefined {
  try {
    const json = Buffer.from(text, 'base64url').toString('utf8').slice(8)
    return cursorSchema.safeParse(JSON.parse(json)).data
  } catch {
    return undefined
  }
}

function checkDigits(json: string): string {
  return sha256(json).slice(0, 8)
}
