import type { TimeWindow } from '../../models/lead.ts'
import type { TimeRange } from '../../models/time-range.ts'

/** 1 s, 8 s … 24 days: whatever the rate, one of them has enough for a page and not many times that. */
const SPANS_MS = Array.from({ length: 8 }, (_, n) => 1_000 * 8 ** n)

type Look = {
  /** `back` looks from the newest to the oldest. */
  direction: 'back' | 'forward'
  /** Where a page begins; this time is within the first window. */
  startMs: number | undefined
  nowMs: number
  range: TimeRange | undefined
}

/** A window, and what lies beyond it: undefined where the range ends. */
type Step = { window: TimeWindow; beyond: TimeWindow | undefined }

/**
 * Windows of time that grow, away from the start and as far as they are within the range: most lists have enough after the
 * first few. On a store that takes no order from an index, a list without them reads and sorts all that there is.
 */
export function timeWindows({ direction, startMs, nowMs, range = {} }: Look): Step[] {
  const from = startMs ?? range.$lt?.getTime()
  const windows = direction === 'back' ? before(from, nowMs) : after(from ?? nowMs)
  return windows.flatMap(({ window, beyond }) => {
    const inRange = within(window, range)
    return inRange ? [{ window: inRange, beyond: within(beyond, range) }] : []
  })
}

function before(fromMs: number | undefined, nowMs: number) {
  const edges = SPANS_MS.map((spanMs) => new Date((fromMs ?? nowMs) - spanMs))
  const first = fromMs === undefined ? undefined : new Date(fromMs)
  return edges.map((lower, index) => {
    const upper = index === 0 ? first : edges[index - 1]
    return { window: { $gt: lower, ...(upper && { $lte: upper }) }, beyond: { $lte: lower } }
  })
}

function after(fromMs: number) {
  const edges = SPANS_MS.map((spanMs) => new Date(fromMs + spanMs))
  return edges.map((upper, index) => ({
    window: { $gt: edges[index - 1] ?? new Date(fromMs - 1), $lte: upper },
    beyond: { $gt: upper },
  }))
}

/** The part of a window that is in the range; undefined where there is none. */
function within(window: TimeWindow, range: TimeRange): TimeWindow | undefined {
  const $gt = later(window.$gt, range.$gt)
  const isEmpty =
    $gt !== undefined &&
    [window.$lte, range.$lt].some((upper) => upper !== undefined && upper <= $gt)
  return isEmpty ? undefined : { ...range, ...window, ...($gt && { $gt }) }
}

function later(a: Date | undefined, b: Date | undefined): Date | undefined {
  if (!a || !b) return a ?? b
  return a > b ? a : b
}
