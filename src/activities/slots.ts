/** At most `limit` open at once under this key; asked anew whenever something is released, since a limit may fall. */
export type Cap = { key: string; limit: () => number }
type Release = () => void
type Waiter = { caps: readonly Cap[]; grant: () => void }

/**
 * Slots of this process under several keys at once, all or none. Among those that a release lets in, whose first key has
 * the fewest open goes first, then who came first: a webhook with many open requests never keeps one with few waiting.
 */
export class Slots {
  private readonly open = new Map<string, number>()
  /** Waiters with the same keys, in the order in which they came; only the first of each may be let in. */
  private readonly queues = new Map<string, Waiter[]>()

  /** Resolves to the slot's release, or to undefined if none was free for `patienceMs`. */
  acquire(key: string, limit: number, patienceMs: number): Promise<Release | undefined> {
    return this.acquireAll([{ key, limit: () => limit }], patienceMs)
  }

  /** As acquire, for a slot under each of the keys; the first one says on whose behalf. */
  async acquireAll(caps: readonly Cap[], patienceMs: number): Promise<Release | undefined> {
    const name = caps.map(({ key }) => key).join('\n')
    if (!this.queues.has(name) && this.hasRoom(caps)) this.take(caps)
    else if (!(await this.wait(name, caps, patienceMs))) return undefined
    return this.releaseOf(caps)
  }

  /** The slots if they are free at this moment; who waits for them is passed over. */
  takeFree(caps: readonly Cap[]): Release | undefined {
    if (!this.hasRoom(caps)) return undefined
    this.take(caps)
    return this.releaseOf(caps)
  }

  private releaseOf(caps: readonly Cap[]): Release {
    let held = true
    return () => {
      if (!held) return
      held = false
      this.release(caps)
    }
  }

  /** True when the slots were taken, false after the patience. */
  private wait(name: string, caps: readonly Cap[], patienceMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.leave(name, waiter)
        resolve(false)
      }, patienceMs)
      const grant = () => {
        clearTimeout(timer)
        this.leave(name, waiter)
        this.take(caps)
        resolve(true)
      }
      const waiter: Waiter = { caps, grant }
      const queue = this.queues.get(name)
      if (queue) queue.push(waiter)
      else this.queues.set(name, [waiter])
    })
  }

  private leave(name: string, waiter: Waiter): void {
    const queue = this.queues.get(name) ?? []
    queue.splice(queue.indexOf(waiter), 1)
    if (queue.length === 0) this.queues.delete(name)
  }

  private release(caps: readonly Cap[]): void {
    for (const { key } of caps) {
      const left = this.openOf(key) - 1
      if (left > 0) this.open.set(key, left)
      else this.open.delete(key)
    }
    for (let next = this.next(); next; next = this.next()) next.grant()
  }

  private next(): Waiter | undefined {
    let best: Waiter | undefined
    let fewest = Infinity
    for (const [first] of this.queues.values()) {
      if (!first || !this.hasRoom(first.caps)) continue
      const openHere = this.openOf(first.caps[0]?.key ?? '')
      if (openHere < fewest) [best, fewest] = [first, openHere]
    }
    return best
  }

  private hasRoom(caps: readonly Cap[]): boolean {
    return caps.every(({ key, limit }) => this.openOf(key) < limit())
  }

  private take(caps: readonly Cap[]): void {
    for (const { key } of caps) this.open.set(key, this.openOf(key) + 1)
  }

  private openOf(key: string): number {
    return this.open.get(key) ?? 0
  }
}
