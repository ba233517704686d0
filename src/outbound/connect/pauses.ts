const BEAT_MS = 250
/** A gap between two beats that is longer than this: the process did not run. A busy one is late by less. */
const PAUSE_MS = 1_000
/** After a pause, until what came meanwhile is read. */
const SETTLING_MS = 250

/**
 * Notices when this process did not run: stopped (SIGSTOP, a frozen container, a machine's pause), or blocked for as long.
 * What timed out or broke meanwhile says nothing about the other side. `now` is a clock that never steps, in milliseconds.
 */
export class Pauses {
  private readonly now: () => number
  private readonly timer: NodeJS.Timeout
  private beatAt: number
  private endedAt = -Infinity

  constructor(now: () => number = () => performance.now()) {
    this.now = now
    this.beatAt = now()
    this.timer = setInterval(() => this.beat(), BEAT_MS).unref()
  }

  /** Whether there was a pause since then, or one before it whose traces are not gone yet. */
  since(at: number): boolean {
    this.beat() // the timer may not have had its turn since the pause
    return this.endedAt > at || this.beatAt < this.endedAt + SETTLING_MS
  }

  stop(): void {
    clearInterval(this.timer)
  }

  private beat(): void {
    const now = this.now()
    if (now - this.beatAt > PAUSE_MS) this.endedAt = now
    this.beatAt = now
  }
}
