import type { Logger } from '../logger.ts'
import type { Metrics } from '../metrics.ts'
import { longestRun } from '../running.ts'

const TICK_MS = 50
/** Shorter ones are the life of an event loop. */
const COUNTED_MS = 50
const LOGGED_MS = 200

/**
 * Measures how long the event loop does not go round, and says what ran when it stood still for more than 200 ms: it stops
 * every tenant. Gives what ends it.
 */
export function watchEventLoop({
  metrics,
  logger,
}: {
  metrics: Pick<Metrics, 'eventLoopBlocked'>
  logger: Pick<Logger, 'warn'>
}): () => void {
  let lastMs = performance.now()
  const timer = setInterval(() => {
    const nowMs = performance.now()
    const blockedMs = nowMs - lastMs - TICK_MS
    if (blockedMs > COUNTED_MS) metrics.eventLoopBlocked(blockedMs)
    if (blockedMs > LOGGED_MS) {
      const run = longestRun(lastMs, nowMs)
      logger.warn(
        { blockedMs: Math.round(blockedMs), ran: run?.name, ranMs: run && Math.round(run.ms) },
        'event_loop.blocked',
      )
    }
    lastMs = nowMs
  }, TICK_MS)
  timer.unref()
  return () => clearInterval(timer)
}
