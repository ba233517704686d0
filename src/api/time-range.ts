import { z } from 'zod'

/** `from` (inclusive) and `to` (exclusive), RFC 3339. */
export const timeRangeQuery = {
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
}

/** The condition on a time field for a range; undefined where it is open on both sides. */
export function timeRange(range: {
  from?: string | undefined
  to?: string | undefined
}): { $gte?: Date; $lt?: Date } | undefined {
  if (range.from === undefined && range.to === undefined) return undefined
  return {
    ...(range.from !== undefined && { $gte: new Date(range.from) }),
    ...(range.to !== undefined && { $lt: new Date(range.to) }),
  }
}
