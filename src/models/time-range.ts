/** What a filter says of a time. */
export type TimeRange = { $gt?: Date; $lt?: Date }

/**
 * The condition on a time field for a range; undefined where it is open on both sides. `from` is written as
 * later than the millisecond before, since SecantusDB 0.7.0b3 loses the equal rows of `$gte` on a descending index.
 */
export function timeRange(range: {
  from?: string | undefined
  to?: string | undefined
}): TimeRange | undefined {
  if (range.from === undefined && range.to === undefined) return undefined
  return {
    ...(range.from !== undefined && { $gt: new Date(Date.parse(range.from) - 1) }),
    ...(range.to !== undefined && { $lt: new Date(range.to) }),
  }
}
