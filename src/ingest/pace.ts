import { performance } from 'node:perf_hooks'

/** The longest pause between two group starts: it costs an event half of it, and a busy process a third less CPU. */
const PAUSE_MAX_MS = 40
/** Shares of its time that the event loop is busy: up to the first there is no pause, from the second on the longest. */
const CALM = 0.1
const BUSY = 0.35
const SAMPLE_MS = 100

/**
 * How long the next group waits after the last. Starting a workflow costs many times what another event in it costs, so
 * while this process has much to do, what arrives within the pause shares a workflow (docs/decisions/0014-first-attempts.md).
 */
export class Pace {
  private readonly now: () => number
  private startedMs = 0
  private sample = { atMs: 0, busy: 0, since: performance.eventLoopUtilization() }

  constructor(now: () => number) {
    this.now = now
  }

  /** Milliseconds until the next group may start; 0 or less where it may at once. */
  waitMs(): number {
    return this.startedMs + pauseMs(this.busy()) - this.now()
  }

  started(): void {
    this.startedMs = this.now()
  }

  /** The share of the last moments in which the event loop had something to do. */
  private busy(): number {
    if (this.now() - this.sample.atMs < SAMPLE_MS) return this.sample.busy
    const since = performance.eventLoopUtilization()
    const busy = performance.eventLoopUtilization(since, this.sample.since).utilization
    this.sample = { atMs: this.now(), busy, since }
    return busy
  }
}

/** The pause at a share of busy time, from 0 to 1. */
export function pauseMs(busy: number): number {
  return PAUSE_MAX_MS * Math.min(1, Math.max(0, (busy - CALM) / (BUSY - CALM)))
}
