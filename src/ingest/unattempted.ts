/** An event that this process accepted but another one attempts stops counting here after this time. */
const FORGET_MS = 15_000

/** Counts the accepted events whose first attempt is outstanding in this process: the second line of backpressure. */
export class Unattempted {
  private readonly workflows = new Map<string, { events: number; timer: NodeJS.Timeout }>()
  private count = 0
  /** Called when there are fewer. */
  onFewer: () => void = () => {}

  get events(): number {
    return this.count
  }

  add(workflow: string, events: number): void {
    this.delete(workflow)
    const timer = setTimeout(() => this.delete(workflow), FORGET_MS)
    timer.unref()
    this.workflows.set(workflow, { events, timer })
    this.count += events
  }

  delete(workflow: string): void {
    const entry = this.workflows.get(workflow)
    if (!entry) return
    clearTimeout(entry.timer)
    this.workflows.delete(workflow)
    this.count -= entry.events
    this.onFewer()
  }
}
