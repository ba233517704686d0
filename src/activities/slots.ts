type Waiter = () => void

/** Open requests of this process, at most `limit` at once for each key (a webhook). First come, first served. */
export class Slots {
  private readonly open = new Map<string, number>()
  private readonly waiting = new Map<string, Waiter[]>()

  /** Resolves to the slot's release, or to undefined if none was free for `patienceMs`. */
  async acquire(key: string, limit: number, patienceMs: number): Promise<(() => void) | undefined> {
    const taken = this.open.get(key) ?? 0
    if (taken < limit) this.open.set(key, taken + 1)
    else if (!(await this.wait(key, patienceMs))) return undefined
    let held = true
    return () => {
      if (!held) return
      held = false
      this.release(key)
    }
  }

  /** True when a slot was handed over, false after the patience. */
  private wait(key: string, patienceMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const queue = this.waiting.get(key) ?? []
      this.waiting.set(key, queue)
      const timer = setTimeout(() => {
        queue.splice(queue.indexOf(waiter), 1)
        resolve(false)
      }, patienceMs)
      const waiter = () => {
        clearTimeout(timer)
        resolve(true)
      }
      queue.push(waiter)
    })
  }

  private release(key: string): void {
    const next = this.waiting.get(key)?.shift()
    if (next) return next()
    this.waiting.delete(key)
    const taken = (this.open.get(key) ?? 1) - 1
    if (taken > 0) this.open.set(key, taken)
    else this.open.delete(key)
  }
}
