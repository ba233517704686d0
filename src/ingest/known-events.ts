import type { EventEnvelope } from '../delivery/types.ts'
import { eventKey } from '../ids.ts'

const REMEMBERED = 50_000

type Known = {
  hash: string
  /** Settles when the event's start has been answered; absent once it is accepted. */ pending?: Promise<unknown>
}

/** The event ids that this process is accepting or accepted lately, with the hash of their bytes. */
export class KnownEvents {
  private readonly known = new Map<string, Known>()

  get(event: EventEnvelope): Known | undefined {
    return this.known.get(eventKey(event.tenant, event.id))
  }

  has(tenant: string, id: string): boolean {
    return this.known.has(eventKey(tenant, id))
  }

  /** Remembers the event from now on; forgets it if `pending` rejects, since then it was not accepted. */
  add(event: EventEnvelope, pending: Promise<unknown>): void {
    const key = eventKey(event.tenant, event.id)
    const entry: Known = { hash: event.hash, pending }
    this.known.set(key, entry)
    pending.then(
      () => {
        delete entry.pending
        this.trim()
      },
      () => {
        if (this.known.get(key) === entry) this.known.delete(key)
      },
    )
  }

  private trim(): void {
    for (const [key, entry] of this.known) {
      if (this.known.size <= REMEMBERED) return
      if (!entry.pending) this.known.delete(key)
    }
  }
}
