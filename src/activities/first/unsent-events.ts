/** More than are ever between their storing and their first attempt; the oldest are given up first. */
const MOST = 50_000

/** Events that this process has stored, and of which nothing can have been sent yet. */
export class UnsentEvents {
  private readonly events = new Set<string>()

  add(events: string[]): void {
    for (const event of events) this.events.add(event)
    for (const event of this.events) {
      if (this.events.size <= MOST) return
      this.events.delete(event)
    }
  }

  has(event: string): boolean {
    return this.events.has(event)
  }

  delete(event: string): void {
    this.events.delete(event)
  }
}
