import { setTimeout as pause } from 'node:timers/promises'

const PROBE_MS = 5
const TRIES = 3

/** What `work` comes to, and the longest time in milliseconds for which the event loop of this process stood still meanwhile. */
export async function blockedBy<T>(work: () => Promise<T>): Promise<{ value: T; blockMs: number }> {
  await pause(2 * PROBE_MS)
  let blockMs = 0
  let last = performance.now()
  const look = () => {
    const now = performance.now()
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

/** That time, where more than `enoughMs` may be the fault of a busy machine: the least of three. `run` is told which it is. */
export async function repeatedBlockMs(
  enoughMs: number,
  run: (nth: number) => Promise<unknown>,
): Promise<number> {
  let least = Infinity
  for (let nth = 0; nth < TRIES && least > enoughMs; nth++)
    least = Math.min(least, (await blockedBy(() => run(nth))).blockMs)
  return least
}
