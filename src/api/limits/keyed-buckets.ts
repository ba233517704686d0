import { type Bucket, type BucketLimit, fullBucket, refilled, waitMs } from './token-bucket.ts'

/** More names than this at once forget the one that was used longest ago. */
const MOST_NAMES = 10_000

/** A token bucket for each name: an API key, an address. In this process only. */
export class KeyedBuckets {
  private readonly buckets = new Map<string, Bucket>()
  private readonly limit: BucketLimit
  private readonly now: () => number

  constructor(limit: BucketLimit, now: () => number) {
    this.limit = limit
    this.now = now
  }

  /** Whole tokens that are left, and how long until there is one. */
  look(name: string): { left: number; waitMs: number } {
    const bucket = this.current(name)
    return { left: Math.max(0, Math.floor(bucket.tokens)), waitMs: waitMs(bucket, this.limit) }
  }

  /** Takes so many, also more than there are: what comes later waits for them. */
  take(name: string, tokens: number): void {
    const bucket = this.current(name)
    this.buckets.delete(name)
    this.buckets.set(name, { ...bucket, tokens: bucket.tokens - tokens })
    const [oldest] = this.buckets.keys()
    if (this.buckets.size > MOST_NAMES && oldest !== undefined) this.buckets.delete(oldest)
  }

  private current(name: string): Bucket {
    const nowMs = this.now()
    const bucket = this.buckets.get(name) ?? fullBucket(this.limit, nowMs)
    return refilled(bucket, this.limit, nowMs)
  }
}
