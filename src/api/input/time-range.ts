import { z } from 'zod'

/** `from` (inclusive) and `to` (exclusive), RFC 3339. */
export const timeRangeQuery = {
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
}

export { timeRange } from '../../models/time-range.ts'
