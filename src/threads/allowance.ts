/** What one evaluation may take at most. */
const FULL_MS = 100
/** What one may take of an owner whose allowance is spent: enough for all but the slow ones. */
const SHORT_MS = 20
/** What costs nothing. */
const FREE_MS = 5
/** What all slow evaluations of an owner may take together: this at once, then this share of the time. */
const BURST_MS = 3_000
const REFILL = 0.1
const REMEMBERED = 10_000

type Account = { leftMs: number; atMs: number }
/** Whose evaluation of what text, and how large the value is that it looks at. */
export type Evaluation = { owner: string; text: string; size: number }

/**
 * Bounds what slow evaluations of one owner take of the threads together, so that a thousand of them do not hold up
 * everything that waits for their end. Once the allowance is spent, what was slow for a value of such a size is not run for
 * another one, and all else is cut off earlier. Times in milliseconds.
 */
export class Allowance {
  private readonly accounts = new Map<string, Account>()
  /** The smallest size for which a text was slow. */
  private readonly slow = new Map<string, number>()
  private readonly now: () => number

  constructor(now: () => number) {
    this.now = now
  }

  /** What this evaluation may take; 0: it is not to be run now. */
  limitMs({ owner, text, size }: Evaluation): number {
    if (this.account(owner).leftMs > 0) return FULL_MS
    const slowSize = this.slow.get(keyOf(owner, text)) ?? Infinity
    return size * 2 > slowSize ? 0 : SHORT_MS
  }

  /** To be told what each evaluation took. */
  took({ owner, text, size }: Evaluation, tookMs: number): void {
    if (tookMs <= FREE_MS) return
    const key = keyOf(owner, text)
    put(this.slow, key, Math.min(size, this.slow.get(key) ?? Infinity))
    const { leftMs, atMs } = this.account(owner)
    put(this.accounts, owner, { leftMs: leftMs - tookMs, atMs })
  }

  private account(owner: string): Account {
    const atMs = this.now()
    const { leftMs, atMs: sinceMs } = this.accounts.get(owner) ?? { leftMs: BURST_MS, atMs }
    return { leftMs: Math.min(BURST_MS, leftMs + (atMs - sinceMs) * REFILL), atMs }
  }
}

function keyOf(owner: string, text: string): string {
  return `${owner}\0${text}`
}

/** Sets a key and forgets the oldest one beyond the limit. */
function put<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > REMEMBERED && oldest !== undefined) map.delete(oldest)
}
