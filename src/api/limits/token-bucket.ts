/** `rate` tokens a second come in, at most `burst` lie in it. */
export type BucketLimit = { rate: number; burst: number }

/** What is in a bucket at a time; below 0 where more was taken than it held. */
export type Bucket = { tokens: number; atMs: number }

export function fullBucket({ burst }: BucketLimit, nowMs: number): Bucket {
  return { tokens: burst, atMs: nowMs }
}

/** The bucket as it is now; a clock that went back adds nothing. */
export function refilled(bucket: Bucket, { rate, burst }: BucketLimit, nowMs: number): Bucket {
  const elapsedMs = Math.max(0, nowMs - bucket.atMs)
  return { tokens: Math.min(burst, bucket.tokens + (elapsedMs * rate) / 1_000), atMs: nowMs }
}

/** Milliseconds until a refilled bucket has a whole token; 0 where it has one. */
export function waitMs({ tokens }: Bucket, { rate }: BucketLimit): number {
  return tokens >= 1 ? 0 : Math.ceil(((1 - tokens) * 1_000) / rate)
}
