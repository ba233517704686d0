import { preciseNow } from '../../clock.ts'

/** A pass sends nothing more after this; one whose receiver is slow goes on for a while, so that it is not cut up. */
const PASS_MS = 10_000
const SLOW_PASS_MS = 30_000
const SLOW_MS = 1_000
/** Where claiming takes long, so does the beginning of a pass: it lasts longer by so many times that, up to a most. */
const CYCLES = 10
const LONG_PASS_MS = 60_000
/** Rows are claimed this long before they may leave, and twice as long as claiming takes, up to a most. */
const LEAD_MS = 100
const LEAD_MAX_MS = 10_000

/** Whether a pass has lasted long enough; `startedMs` are the requests that are open, the oldest first. */
export function isOver(beganMs: number, startedMs: Iterable<number>, cycleMs: number): boolean {
  const now = preciseNow()
  const [oldestMs = now] = startedMs
  const usualMs = now - oldestMs > SLOW_MS ? SLOW_PASS_MS : PASS_MS
  const slowMs = PASS_MS + CYCLES * cycleMs
  return now - beganMs > Math.min(Math.max(usualMs, slowMs), LONG_PASS_MS)
}

/** How long before they may leave rows are claimed, where claiming takes `cycleMs`. */
export function leadMs(cycleMs: number): number {
  return Math.min(LEAD_MS + 2 * cycleMs, LEAD_MAX_MS)
}
