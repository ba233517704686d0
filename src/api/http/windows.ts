import type { TimeRange } from '../../models/time-range.ts'

const MINUTE_MS = 60_000
const SPANS_MS = [1, 15, 120, 1_440].map((minutes) => minutes * MINUTE_MS)

type TimeWindow = TimeRange & { $lte?: Date }
type Look = {
  /** `back` looks from the newest to the oldest. */
  direction: 'back' | 'forward'
  /** Where a page begins; this time is within the first window. */
  startMs: number | undefined
  nowMs: number
  range: TimeRange | undefined
}

/**
 * The day on that side of the start, as far as it is within the range, in windows that grow: most lists have enough after
 * the first. On a store that takes no order from an index, a list without them reads and sorts all that there is.
 */
export function timeWindows({ direction, startMs, nowMs, range = {} }: Look): TimeWindow[] {
  const from = startMs ?? range.$lt?.getTime()
  const windows = direction === 'back' ? before(from, nowMs) : after(from ?? nowMs)
  return windows.flatMap((window) => {
    const $gt = later(window.$gt, range.$gt)
    const isEmpty = $gt !== undefined && window.$lte !== undefined && window.$lte <= $gt
    return isEmpty ? [] : [{ ...range, ...window, ...($gt && { $gt }) }]
  })
}

function before(fromMs: number | undefined, nowMs: number): TimeWindow[] {
  const edges = SPANS_MS.map((spanMs) => new Date((fromMs ?? nowMs) - spanMs))
  const first = fromMs === undefined ? undefined : new Date(fromMs)
  return edges.map((lower, index) => {
    const upper = index === 0 ? first : edges[index - 1]
    return { $gt: lower, ...(upper && { $lte: upper }) }
  })
}

function after(fromMs: number): TimeWindow[] {
  const edges = SPANS_MS.map((spanMs) => new Date(fromMs + spanMs))
  return edges.map((upper, index) => ({
    $gt: edges[index - 1] ?? new Date(fromMs - 1),
    $lte: upper,
  }))
}

function later(a: Date | undefined, b: Date | undefined): Date | undefined {
  if (!a || !b) return a ?? b
  return a > b ? a : b
}
