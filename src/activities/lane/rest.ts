/** A pass that has nothing to send stays this long, since a new activity costs more. */
const LINGER_MS = 1_500
/** Waits up to this are spent in the pass, longer ones in the workflow's durable timer. */
const WAIT_MAX_MS = 1_500
/** However little there is to do, the webhook may have been changed. */
const LOOK_MS = 500

/** Why a pass ended: it should be called again now, or at a time, when something is new, or when the webhook is active. */
export type PassEnd =
  { next: 'now' | 'idle' | 'inactive' | 'fenced' } | { next: 'slot' | 'due'; atMs: number }

type Outlook = {
  nowMs: number
  /** When the ring lets the next request start, and when the next row is due; Infinity where there is none. */
  slotMs: number
  dueMs: number
  /** Rows are claimed so long before they may leave. */
  leadMs: number
  /** Something is under way that will end by itself. */
  isBusy: boolean
}

/** How long a lane's pass has been without work. */
export class LaneRest {
  private idleSinceMs: number | undefined

  /** How long to wait for the next slot, row or news; or the end of the pass, where that is far away. */
  next({ nowMs, slotMs, dueMs, leadMs, isBusy }: Outlook): PassEnd | number {
    const isSoon = Math.max(slotMs, dueMs) - nowMs <= WAIT_MAX_MS
    if (isBusy || isSoon) this.idleSinceMs = undefined
    else {
      if (dueMs - nowMs <= WAIT_MAX_MS) return { next: 'slot', atMs: slotMs }
      this.idleSinceMs ??= nowMs
      const isLong = nowMs - this.idleSinceMs >= LINGER_MS
      if (isLong) return dueMs < Infinity ? { next: 'due', atMs: dueMs } : { next: 'idle' }
    }
    const times = [nowMs + LOOK_MS, slotMs - leadMs, slotMs, dueMs]
    return Math.max(Math.min(...times.filter((atMs) => atMs > nowMs)) - nowMs, 1)
  }
}
