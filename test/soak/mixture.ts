import type { Json } from '../support/herald.ts'
import type { Behaviour } from './journal.ts'
import { between, type Random } from './random.ts'

/** A webhook of the soak and how its receiver behaves. Its event type is `soak.{name}`; all get `soak.all`. */
export type Plan = {
  name: string
  /** How many events it gets, against the others. */
  share: number
  /** Attempts that `retry` promises. */
  attempts: number
  retry: Json
  rateLimit?: { limit: number; per: string }
  timeout?: string
  behaviour: Behaviour
}

export const LIMIT = { limit: 10, per: '1s' }
export const LIMIT_PER_MS = 1_000
/** How long a request may take: far more than any receiver takes on a busy machine, but for the one that never answers. */
export const TIMEOUT = '10s'
export const TO_ALL = 'soak.all'
export const TO_ALL_SHARE = 4

const fixed = (interval: string, retries: number) => ({
  attempts: retries + 1,
  retry: { type: 'fixed', interval, retries },
})
const ok = (afterMs: number) => ({ status: 200, afterMs })

/**
 * One of every kind: the schedules are short, so that little waits for good reason when the faults stop, and none of them
 * sleeps for a second longer than it needs to be told from an immediate retry.
 */
export function mixture(random: Random): Plan[] {
  const failing = (share: number, afterMs: number) =>
    random() < share ? { status: 500, afterMs } : ok(afterMs)
  return [
    { name: 'healthy', share: 30, ...fixed('1s', 3), behaviour: () => ok(20) },
    { name: 'failing', share: 12, ...fixed('1s', 5), behaviour: () => failing(0.3, 20) },
    { name: 'slow', share: 8, ...fixed('1s', 2), behaviour: () => ok(between(random, 400, 1_500)) },
    { name: 'hanging', share: 3, ...fixed('1s', 1), timeout: '2s', behaviour: () => 'silence' },
    {
      name: 'dead',
      share: 6,
      ...fixed('500ms', 2),
      behaviour: () => ({ status: 500, afterMs: 5 }),
    },
    { name: 'paused', share: 10, ...fixed('1s', 3), behaviour: () => failing(0.1, 30) },
    {
      name: 'limited',
      share: 20,
      ...fixed('1s', 4),
      rateLimit: LIMIT,
      behaviour: () => failing(0.1, between(random, 20, 200)),
    },
    {
      name: 'toggled',
      share: 15,
      ...fixed('1s', 4),
      rateLimit: LIMIT,
      behaviour: () => failing(0.1, between(random, 20, 300)),
    },
  ]
}
