import { setTimeout as sleep } from 'node:timers/promises'

/** Polls until the condition gives something true, which it returns; throws after `seconds`. What it costs says how often. */
export async function until<T>(
  condition: () => T | Promise<T>,
  { seconds = 30, what = 'the condition', everyMs = 20 } = {},
): Promise<NonNullable<T>> {
  for (const end = Date.now() + seconds * 1_000; ;) {
    const value = await condition()
    if (value) return value
    if (Date.now() > end) throw new Error(`${what} did not come true within ${seconds} s`)
    await sleep(everyMs)
  }
}
