import { ApiError } from '../http/errors.ts'
import { KeyedBuckets } from '../limits/keyed-buckets.ts'

/** Ten failures at once, then one every six seconds. */
const FAILURES = { rate: 1 / 6, burst: 10 }

/**
 * Slows down who tries to log in and fails, by address. It never stands before a right credential: many people share an
 * address, and no number of guesses finds 256 random bits.
 */
export class Logins {
  private readonly failures: KeyedBuckets

  constructor(now: () => number) {
    this.failures = new KeyedBuckets(FAILURES, now)
  }

  /** What a login that has just failed from this address is told: the failure itself, or rate_limited after too many. */
  failed(address: string, failure: ApiError): ApiError {
    const { waitMs } = this.failures.look(address)
    if (waitMs > 0)
      return new ApiError('rate_limited', 'Too many logins failed; try again later.', {
        headers: { 'retry-after': String(Math.ceil(waitMs / 1_000)) },
      })
    this.failures.take(address, 1)
    return failure
  }
}
