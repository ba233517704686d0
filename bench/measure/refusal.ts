import type { LoadLog } from '../load/plan.ts'

/**
 * How long after this moment nothing was accepted: until the answer of the first event that was posted after it and accepted.
 * Infinity where none was.
 */
export function refusedForMs(log: LoadLog, sinceMs: number, okStatus: readonly number[]): number {
  let firstMs = Infinity
  for (const [event, status] of log.status.entries()) {
    const postedAtMs = log.postedAtMs[event] ?? 0
    if (postedAtMs < sinceMs || !okStatus.includes(status)) continue
    firstMs = Math.min(firstMs, log.answeredAtMs[event] ?? Infinity)
  }
  return firstMs - sinceMs
}
