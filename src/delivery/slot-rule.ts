import { durationMs } from './duration.ts'
import type { RateLimit } from './types.ts'

/**
 * The rule of a rate limit: never more than `limit` requests in any interval of length `per`, as the receiver counts them.
 * A ring holds, for each of the last `limit` requests, the latest time at which the receiver can have seen it; a further one
 * may start when fewer than `limit` of them lie within `per` before it. Times are epoch milliseconds with fractions.
 */
export type Ring = readonly number[]
export type Rate = { limit: number; perMs: number }

/** The rate that a webhook's limit means; undefined without one. */
export function rateOf(rateLimit: RateLimit | null): Rate | undefined {
  return rateLimit ? { limit: rateLimit.limit, perMs: durationMs(rateLimit.per) } : undefined
}

/** A request without an answer counts as seen this long after its head was written. */
const SEEN_CAP_MS = 100
/** A slot that is not used for so long is void: a sender that was stopped and wakes must send nothing out of turn. */
const SLOT_VALID_MS = 1_000
/** Slots are stored no further ahead than this, beyond the time that two writes take. */
const HORIZON_MS = 200
/** However slow MongoDB is, no further ahead for that than this. */
const WRITE_MAX_MS = 10_000
/** The greatest limit that a webhook may have. */
export const LIMIT_MAX = 1_000

/** When the receiver saw a request at the latest: its answer proves it, the cap bounds what a slow receiver costs. */
export function seenAtMs(startedMs: number, answeredMs = Infinity): number {
  return Math.min(answeredMs, startedMs + SEEN_CAP_MS)
}

/**
 * When the next `count` requests may start at the earliest, none of them before `nowMs`; those beyond the limit as if the
 * ones before were seen at once.
 */
export function nextStartsMs(ring: Ring, rate: Rate, count: number, nowMs: number): number[] {
  const { limit, perMs } = rate
  const latestFirst = ring.toSorted((a, b) => b - a)
  const starts: number[] = []
  for (let ahead = 0; ahead < count; ahead++) {
    const bound = ahead < limit ? latestFirst[limit - 1 - ahead] : starts[ahead - limit]
    starts.push(bound === undefined ? nowMs : Math.max(bound + perMs, nowMs))
  }
  return starts
}

/** Slots for starts up to then are stored now, where that takes `writeMs`: enough for this write and the next. */
export function horizonMs(nowMs: number, writeMs: number): number {
  return nowMs + Math.min(2 * writeMs, WRITE_MAX_MS) + HORIZON_MS
}

/**
 * Until when a slot may be used that is stored now for a start at this time (at most horizonMs): from when it is stored,
 * for as long as a slot is valid.
 */
export function latestStartMs(startMs: number, nowMs: number, writeMs: number): number {
  return Math.max(startMs, nowMs + Math.min(writeMs, WRITE_MAX_MS)) + SLOT_VALID_MS
}

/** What a stored slot counts as until its request has started: the latest that it can be seen. */
export function reservedMs(latestMs: number): number {
  return latestMs + SEEN_CAP_MS
}

/**
 * The ring without what no longer matters: the latest `limit` times stay, and all within `per`, so that a limit that is
 * lowered and raised again forgets nothing.
 */
export function trimmed(ring: Ring, { limit, perMs }: Rate, nowMs: number): number[] {
  return ring
    .toSorted((a, b) => b - a)
    .filter((seenMs, index) => index < limit || seenMs > nowMs - perMs)
    .slice(0, LIMIT_MAX)
}

/** Requests that count at this time: those seen within `per` before it. */
export function countAt(ring: Ring, { perMs }: Rate, nowMs: number): number {
  return ring.filter((seenMs) => seenMs > nowMs - perMs).length
}

/** When a ring was written: by the wall clock, and by a clock that never steps but is only known on its own machine. */
export type Stamp = { wallMs: number; bootMs: number; boot: string }

/**
 * A ring that another process wrote, in this process's time. On the same machine the steady clock tells by how much the
 * wall clock was stepped meanwhile; nothing can lie further ahead than a reserved slot.
 */
export function adopted(ring: Ring, written: Stamp | undefined, now: Stamp): number[] {
  const sameClock = written?.boot === now.boot
  const stepMs = sameClock ? now.wallMs - written.wallMs - (now.bootMs - written.bootMs) : 0
  const latest = reservedMs(horizonMs(now.wallMs, WRITE_MAX_MS) + SLOT_VALID_MS)
  return ring.map((seenMs) => Math.min(seenMs + stepMs, latest))
}

/** When the request that has `ahead` others before it should start, if nothing slows the lane down. */
export function expectedMs(ring: Ring, rate: Rate, ahead: number, nowMs: number): number {
  const inRound = ahead % rate.limit
  const startMs = nextStartsMs(ring, rate, inRound + 1, nowMs)[inRound]
  return (startMs ?? nowMs) + Math.floor(ahead / rate.limit) * rate.perMs
}
