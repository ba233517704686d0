import { ApiError } from './errors.ts'
import { KeyedBuckets } from './keyed-buckets.ts'

/** Ten failures at once, then one every six seconds. */
const FAILURES = { rate: 1 / 6, burst: 10 }

/** Slows down who tries to log in and fails, by address and by the key that is tried. */
export class Logins {
  private readonly failures: KeyedBuckets

  constructor(now: () => number) {
    this.failures = new KeyedBuckets(FAILURES, now)
  }

  /** Throws rate_limited after too many failures of one of these names. */
  check(names: readonly string[]): void {
    const waitMs = Math.max(...names.map((name) => this.failures.look(name).waitMs))
    if (waitMs === 0) return
    throw new ApiError('rate_limited', 'Too many logins failed; try again later.', {
      headers: { 'retry-after': String(Math.ceil(waitMs / 1_000)) },
    })
  }

  failed(names: readonly string[]): void {
    for (const name of names) this.failures.take(name, 1)
  }
}
