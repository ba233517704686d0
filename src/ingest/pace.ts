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
  /** Of a clock that never steps: one that did would keep events waiting for as long. */
  private startedMs = -Infinity
  private sample = { atMs: -Infinity, busy: 0, since: performance.eventLoopUtilization() }

  /** Milliseconds until the next group may start; 0 or less where it may at once. */
  waitMs(): number {
    return this.startedMs + pauseMs(this.busy()) - performance.now()
  }

  started(): void {
    this.startedMs = performance.now()
  }

  /** The share of the last moments in which the event loop had something to do. */
  private busy(): number {
    const atMs = performance.now()
    if (atMs - this.sample.atMs < SAMPLE_MS) return this.sample.busy
    const since = performance.eventLoopUtilization()
    const busy = performance.eventLoopUtilization(since, this.sample.since).utilization
    this.sample = { atMs, busy, since }
    return busy
  }
}

/** The pause at a share of busy time, from 0 to 1. */
export function pauseMs(busy: number): number {
  return PAUSE_MAX_MS * Math.min(1, Math.max(0, (busy - CALM) / (BUSY - CALM)))
}
