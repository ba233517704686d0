import { createHash } from 'node:crypto'

/** Every webhook gets events of this type beside its own, `faults.<name>`. */
export const TO_ALL = 'faults.all'

/** A webhook of the load: how its receiver behaves, and what herald is told of it. */
export type LoadHook = {
  name: string
  /** How many events it gets, against the others. */
  share: number
  /** Attempts that are promised, and the wait between two of them. */
  attempts: number
  delayMs: number
  /** The share of requests that is answered 500. */
  failing: number
  limit?: { limit: number; perMs: number }
}

/** The schedules are short, so that little waits for good reason when a fault is over. */
export const HOOKS: readonly LoadHook[] = [
  { name: 'healthy', share: 10, attempts: 21, delayMs: 1_000, failing: 0 },
  { name: 'failing', share: 6, attempts: 21, delayMs: 1_000, failing: 0.3 },
  {
    name: 'limited',
    share: 6,
    attempts: 21,
    delayMs: 1_000,
    failing: 0.1,
    limit: { limit: 10, perMs: 1_000 },
  },
  { name: 'dead', share: 2, attempts: 3, delayMs: 500, failing: 1 },
  { name: 'cancelled', share: 2, attempts: 6, delayMs: 5_000, failing: 1 },
]
export const TO_ALL_SHARE = 1

/** Whether a receiver answers its `nth` request of an event with a failure: always the same for the same event. */
export function fails(failing: number, event: string, nth: number): boolean {
  const [byte = 0] = createHash('sha256').update(`${event}/${nth}`).digest()
  return byte / 256 < failing
}
