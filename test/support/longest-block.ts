import { setTimeout as pause } from 'node:timers/promises'

const PROBE_MS = 5
const TRIES = 3

/** The longest time, in milliseconds, for which the event loop of this process did not go round while `run` went on. */
export async function longestBlockMs(run: () => Promise<unknown>): Promise<number> {
  await pause(2 * PROBE_MS)
  let longest = 0
  let last = performance.now()
  const look = () => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
  }
  const probe = setInterval(look, PROBE_MS)
  try {
    await run()
    await pause(2 * PROBE_MS)
    look()
    return longest
  } finally {
    clearInterval(probe)
  }
}

/** The same, where more than `enoughMs` may be the fault of a busy machine: the least of three. `run` is told which it is. */
export async function repeatedBlockMs(
  enoughMs: number,
  run: (nth: number) => Promise<unknown>,
): Promise<number> {
  let least = Infinity
  for (let nth = 0; nth < TRIES && least > enoughMs; nth++)
    least = Math.min(least, await longestBlockMs(() => run(nth)))
  return least
}
