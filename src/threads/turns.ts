import { setImmediate } from 'node:timers/promises'

/** How long work of many small steps goes on before others have their turn. */
const SLICE_MS = 10

/** Lets the event loop go round while work of many small steps is done. */
export class Turns {
  private sinceMs = performance.now()

  /** To be awaited before each step; most times it resolves at once. */
  async next(): Promise<void> {
    if (performance.now() - this.sinceMs < SLICE_MS) return
    await setImmediate()
    this.sinceMs = performance.now()
  }
}
