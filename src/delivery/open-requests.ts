import { durationMs } from './duration.ts'
import type { ErrorCode } from './failure-codes.ts'

/** Most requests of one process that are open at once. */
export type CapLimits = { perOrigin: number; perTenant: number }
/** Whom a webhook shares with. */
export type Sharing = { tenant: string; origin: string }
/** So many at most under this name; `lenient`: one that has nothing open may go beyond. */
export type SharedCap = { key: string; most: number; lenient?: boolean }

/** What a webhook that only times out keeps, so that it holds few of the permits that others need. */
const SLOW_LIMIT = 8
/** What webhooks that time out may hold together of their origin and of their tenant. */
const SLOW_SHARE = 0.5
const SLOW_CODES: readonly string[] = [
  'timeout',
  'connect_timeout',
  'dns_error',
] satisfies ErrorCode[]

/**
 * What a webhook may have open after an attempt: half with each timeout, down to 8, and twice as much with each answer, up
 * to its concurrency. `share` is what it had before; undefined is all of its concurrency.
 */
export function shareAfter(
  share: number | undefined,
  concurrency: number,
  code: string | undefined,
): number | undefined {
  if (code !== undefined && SLOW_CODES.includes(code)) {
    const half = Math.ceil((share ?? concurrency) / 2)
    return Math.min(Math.max(half, SLOW_LIMIT), concurrency)
  }
  return share !== undefined && share * 2 < concurrency ? share * 2 : undefined
}

/**
 * Who else an open request counts under: its origin and its tenant, and those of them that time out together. One with
 * nothing open gets its request even where its origin has none left, so that others at the same host cannot keep it waiting.
 * `factor`: rows in hand for each open request.
 */
export function sharedCaps(
  { tenant, origin }: Sharing,
  { perOrigin, perTenant }: CapLimits,
  { isSlow, factor }: { isSlow: boolean; factor: number },
): SharedCap[] {
  const slow = [
    { key: `slow ${origin}`, most: perOrigin * SLOW_SHARE, lenient: true },
    { key: `slow tenant ${tenant}`, most: perTenant * SLOW_SHARE },
  ]
  return [
    ...(isSlow ? slow : []),
    { key: origin, most: perOrigin * factor, lenient: true },
    { key: `tenant ${tenant}`, most: perTenant * factor },
  ]
}

/** Milliseconds a request of a webhook takes its place; where nothing is known of it, as if every one took all its time. */
export function msEach(share: number, timeout: string, seenPerMs: number): number {
  return 1 / Math.max(seenPerMs, share / durationMs(timeout))
}
