import { ApiError } from '../http/errors.ts'
import { KeyedBuckets } from './keyed-buckets.ts'

type Limits = { INGEST_RATE: number; INGEST_BURST: number; INGEST_MAX_IN_FLIGHT: number }

/** How much one process takes in: events per second of each API key, and requests at once of all. */
export class IngestLimits {
  private readonly keys: KeyedBuckets
  private readonly limits: Limits
  private open = 0

  constructor(limits: Limits, now: () => number) {
    const { INGEST_RATE: rate, INGEST_BURST: burst } = limits
    this.keys = new KeyedBuckets({ rate, burst }, now)
    this.limits = limits
  }

  /**
   * Lets a request in, for one event; the caller leaves when it is answered.
   * Throws rate_limited, or ingest_unavailable where too many requests are open.
   */
  enter(key: string): void {
    if (this.open >= this.limits.INGEST_MAX_IN_FLIGHT)
      throw new ApiError('ingest_unavailable', 'Too many requests are open; try again shortly.', {
        headers: { 'retry-after': '1' },
      })
    const { waitMs } = this.keys.look(key)
    if (waitMs > 0)
      throw new ApiError('rate_limited', 'This API key sends more events than it may.', {
        headers: { 'retry-after': String(Math.ceil(waitMs / 1_000)) },
      })
    this.keys.take(key, 1)
    this.open += 1
  }

  leave(): void {
    this.open -= 1
  }

  /** Further events of a request that was let in: they are taken, and the next requests wait for them. */
  charge(key: string, events: number): void {
    this.keys.take(key, events)
  }

  /** `RateLimit` and `RateLimit-Policy` (IETF draft-ietf-httpapi-ratelimit-headers). */
  headers(key: string): [name: string, value: string][] {
    const { INGEST_RATE: rate, INGEST_BURST: burst } = this.limits
    const { left, waitMs } = this.keys.look(key)
    return [
      ['ratelimit-policy', `"key";q=${burst};w=${Math.ceil(burst / rate)}`],
      ['ratelimit', `"key";r=${left};t=${Math.ceil(waitMs / 1_000)}`],
    ]
  }
}
