/** What happened so long ago counts for a third. */
const MEMORY_MS = 5_000
/** Before so much time has been watched, a few ends say little. */
const LEAST_MS = 1_000

/** How fast something goes on, as it was of late: told of each end, with times in milliseconds that never go back. */
export class DrainRate {
  private weight = 0
  private lastMs: number
  private readonly sinceMs: number

  constructor(nowMs: number) {
    this.lastMs = nowMs
    this.sinceMs = nowMs
  }

  /** One has ended. */
  count(nowMs: number): void {
    this.weight = this.weightAt(nowMs) + 1
    this.lastMs = nowMs
  }

  /** Ends per millisecond. */
  perMs(nowMs: number): number {
    const watchedMs = Math.max(nowMs - this.sinceMs, LEAST_MS)
    return this.weightAt(nowMs) / (MEMORY_MS * (1 - Math.exp(-watchedMs / MEMORY_MS)))
  }

  /** Whether it has been still for so long that nothing is known of it any more. */
  isForgotten(nowMs: number): boolean {
    return nowMs - this.lastMs > 10 * MEMORY_MS
  }

  private weightAt(nowMs: number): number {
    return this.weight * Math.exp(-(nowMs - this.lastMs) / MEMORY_MS)
  }
}
