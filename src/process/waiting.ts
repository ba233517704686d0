import type { Logger } from '../logger.ts'

const EVERY_MS = 5_000

/** Says that a server is awaited, and why it is not there: at once, and then every 5 s while it is away. */
export function saysWaiting(
  server: 'mongodb' | 'temporal',
  logger: Pick<Logger, 'warn'>,
): (error: unknown) => void {
  let saidMs = -Infinity
  return (error) => {
    const nowMs = performance.now()
    if (nowMs - saidMs < EVERY_MS) return
    saidMs = nowMs
    const reason = error instanceof Error ? error.message : String(error)
    logger.warn({ reason }, `${server}.awaited`)
  }
}
