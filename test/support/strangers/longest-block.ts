import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

const PROBE_MS = 5
const TRIES = 3

/**
 * What `work` comes to, and the longest time in milliseconds for which the event loop of this process did not go round
 * meanwhile. Where the system tells it (Linux), only what its thread worked counts, not what other processes of a busy machine
 * took from it.
 */
export async function blockedBy<T>(work: () => Promise<T>): Promise<{ value: T; blockMs: number }> {
  await pause(2 * PROBE_MS)
  let blockMs = 0
  let last = workedMs()
  const look = () => {
    const now = workedMs()
    blockMs = Math.max(blockMs, now - last)
    last = now
  }
  const probe = setInterval(look, PROBE_MS)
  try {
    const value = await work()
    await pause(2 * PROBE_MS)
    look()
    return { value, blockMs }
  } finally {
    clearInterval(probe)
  }
}

/** That time, where more than `enoughMs` may be a pause of the garbage collector: the least of three. `run` is told which it is. */
export async function repeatedBlockMs(
  enoughMs: number,
  run: (nth: number) => Promise<unknown>,
): Promise<number> {
  let least = Infinity
  for (let nth = 0; nth < TRIES && least > enoughMs; nth++)
    least = Math.min(least, (await blockedBy(() => run(nth))).blockMs)
  return least
}

/** How long the main thread has run: the first field of its schedstat is in nanoseconds. */
function workedMs(): number {
  try {
    const text = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8')
    return Number(text.split(' ')[0]) / 1e6
  } catch {
    return performance.now()
  }
}
