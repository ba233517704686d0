import type { Fault, Request } from './history.ts'

/** A result that was answered is on its way to MongoDB after this, at the latest (docs/event-flow.md). */
const STORED_AFTER_MS = 10
/** What a killed process had sent may be read by the receiver's event loop this much later. */
const SEEN_LATE_MS = 25
/** MongoDB takes writes again; what waited for it is written within this. */
const CAUGHT_UP_MS = 5_000
/** A write that MongoDB had when it died and had not answered began at most this long before. */
const UNANSWERED_WRITE_MS = 250

/**
 * Whether its sender may have died before it could record what came of this request: a herald was killed while it was
 * open, or before the result was stored, which waits while MongoDB is away. Nothing else explains a duplicate: the
 * death of a server does not make a herald that lives forget.
 */
export function isExplained(request: Request, faults: readonly Fault[]): boolean {
  const storedMs = storedBy(request.endedMs, faults)
  return faults.some(
    ({ part, fromMs, goneMs }) =>
      part.startsWith('herald') && goneMs + SEEN_LATE_MS >= request.atMs && fromMs <= storedMs,
  )
}

/** Whether a herald died between these two moments, so that what it had open had ended at the second one. */
export function killedBetween(fromMs: number, toMs: number, faults: readonly Fault[]): boolean {
  return faults.some(
    (fault) =>
      fault.part.startsWith('herald') &&
      fault.goneMs + SEEN_LATE_MS >= fromMs &&
      fault.fromMs <= toMs,
  )
}

function storedBy(endedMs: number, faults: readonly Fault[]): number {
  const outage = faults.find(
    ({ part, fromMs, upMs }) =>
      part === 'MongoDB' && endedMs >= fromMs - UNANSWERED_WRITE_MS && endedMs <= upMs,
  )
  return outage ? outage.upMs + CAUGHT_UP_MS : endedMs + STORED_AFTER_MS
}
