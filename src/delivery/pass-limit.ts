/** A pass waits so long for its first place at most. */
export const PLACE_WAIT_MS = 15_000
/** Beyond an attempt's own deadline: how long another process's open attempt is believed to be alive. */
export const OPEN_MARGIN_MS = 5_000
/** A pass begins no attempt later than this after an attempt's timeout, so that it delays no retry of its group for longer. */
export const BEGIN_MARGIN_MS = 5_000
/** An activity makes a second pass only after one as quick as this … */
export const QUICK_PASS_MS = 2_000
/** … and where what is left is due so soon that a timer of Temporal's might come later. */
export const STAY_MS = 1_100
/** Reading and recording, with a MongoDB that is slow. */
const RECORD_MS = 11_900

/**
 * How long one activity of a target may take, in milliseconds: perhaps a quick pass and a short wait, then one that waits for
 * its place and for another carrier's attempt, begins its last one as late as it may, and hears of that at its timeout.
 */
export function passLimitMs(timeoutMs: number): number {
  const before = QUICK_PASS_MS + STAY_MS + PLACE_WAIT_MS
  const others = timeoutMs + OPEN_MARGIN_MS
  const own = timeoutMs + BEGIN_MARGIN_MS + timeoutMs
  return before + others + own + RECORD_MS
}
