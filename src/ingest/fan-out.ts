import type { EventEnvelope } from '../delivery/types.ts'

type Kind = Pick<EventEnvelope, 'tenant' | 'type'>

/** From this many on, a full group of such events would owe more than a group should. */
const WIDE = 20
const KEPT_MOST = 1_000

/** How many deliveries the last event of a type made, of the types whose events make many. */
export class FanOut {
  private readonly wide = new Map<string, number>()

  /** An event has been matched with so many webhooks. */
  note(kind: Kind, deliveries: number): void {
    const key = keyOf(kind)
    this.wide.delete(key)
    if (deliveries < WIDE) return
    this.wide.set(key, deliveries)
    const [oldest = ''] = this.wide.keys()
    if (this.wide.size > KEPT_MOST) this.wide.delete(oldest)
  }

  /** What the next one probably makes; 1 where it is few or nothing is known. */
  of(kind: Kind): number {
    return this.wide.size === 0 ? 1 : (this.wide.get(keyOf(kind)) ?? 1)
  }
}

function keyOf({ tenant, type }: Kind): string {
  return `${tenant} ${type}`
}
