/** Wakes whoever waits on it. A ring that nobody waits for is kept until somebody asks. */
export class Bell {
  private rung = false
  private nudged = false
  private wake: (() => void) | undefined

  ring(): void {
    this.rung = true
    this.wake?.()
  }

  /** Ends a wait as a ring does, but leaves nothing to be heard. */
  nudge(): void {
    this.nudged = true
    this.wake?.()
  }

  /** Whether it was rung since the last time it was asked. */
  heard(): boolean {
    const { rung } = this
    this.rung = false
    return rung
  }

  /** Resolves when it rings (at once, if it has rung), after this time, or when the signal aborts. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.rung && !this.nudged && ms > 0 && !signal.aborted)
      await new Promise<void>((resolve) => {
        const end = () => {
          clearTimeout(timer)
          signal.removeEventListener('abort', end)
          resolve()
        }
        const timer = setTimeout(end, ms)
        signal.addEventListener('abort', end, { once: true })
        // it stays: that of a wait which was given up must not take its place
        this.wake = end
      })
    this.nudged = false
  }
}

type Group = { left: Set<string>; done: Bell }

/**
 * What the lanes of this process tell each other without Temporal. A pass that is under way hears of new rows and promises
 * to look again before it ends, so no signal is needed; who waits for deliveries hears when the last one is finished. All
 * of it only saves time: MongoDB holds the rows, and the wait is a durable activity.
 */
export class LaneBells {
  private readonly passes = new Map<string, Bell>()
  private readonly groups = new Map<string, Group>()
  private readonly queues = new Map<string, () => Map<string, number>>()

  /** Called by a pass that begins; the bell of an earlier one is not heard any more. */
  open(webhook: string): Bell {
    const bell = new Bell()
    this.passes.set(webhook, bell)
    return bell
  }

  /** Called by a round: who is in its queue, in order. */
  show(webhook: string, positions: () => Map<string, number>): void {
    this.queues.set(webhook, positions)
  }

  /** Where the deliveries of this webhook stand, if its pass is under way here. */
  positions(webhook: string): Map<string, number> | undefined {
    return this.queues.get(webhook)?.()
  }

  /** Called by a pass that ends, before its last look is over. */
  close(webhook: string, bell: Bell): void {
    if (this.passes.get(webhook) !== bell) return
    this.passes.delete(webhook)
    this.queues.delete(webhook)
  }

  /** Tells the pass of this webhook that there is something new; false if none is under way here. */
  ring(webhook: string): boolean {
    const bell = this.passes.get(webhook)
    bell?.ring()
    return bell !== undefined
  }

  /** A delivery is finished. */
  settled(delivery: string): void {
    const group = this.groups.get(delivery)
    if (!group) return
    this.groups.delete(delivery)
    group.left.delete(delivery)
    if (group.left.size === 0) group.done.ring()
  }

  /** Resolves when a pass of this process has finished all of these, or after this time. */
  async allSettled(deliveries: string[], ms: number, signal: AbortSignal): Promise<void> {
    const group = { left: new Set(deliveries), done: new Bell() }
    for (const id of deliveries) this.groups.set(id, group)
    await group.done.wait(ms, signal)
    for (const id of group.left) if (this.groups.get(id) === group) this.groups.delete(id)
  }
}
