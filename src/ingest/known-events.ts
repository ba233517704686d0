import type { EventEnvelope } from '../delivery/types.ts'
import { eventKey } from '../ids.ts'

const REMEMBERED = 50_000
/** For this long an event that was accepted, or seen in MongoDB, is taken to be there. */
const CERTAIN_MS = 10_000

type Known = {
  hash: string
  /** Settles when the event's start has been answered; absent once it is accepted. */
  pending?: Promise<unknown>
  /** The workflow that delivers it, where that is known. */
  workflow?: string | undefined
  certainUntilMs: number
}

/** The event ids that this process is accepting or accepted lately, with the hash of their bytes. */
export class KnownEvents {
  private readonly known = new Map<string, Known>()
  private readonly now: () => number

  constructor(now: () => number) {
    this.now = now
  }

  get(event: EventEnvelope): Known | undefined {
    return this.known.get(eventKey(event.tenant, event.id))
  }

  has(tenant: string, id: string): boolean {
    return this.known.has(eventKey(tenant, id))
  }

  /** Whether it was accepted so long ago that its record should be there, and might have been lost. */
  isOld(event: EventEnvelope): boolean {
    const entry = this.get(event)
    return entry !== undefined && !entry.pending && this.now() > entry.certainUntilMs
  }

  /** Remembers the event from now on; forgets it if `pending` rejects, since then it was not accepted. */
  add(event: EventEnvelope, pending: Promise<unknown>): void {
    const key = eventKey(event.tenant, event.id)
    const { workflow } = this.known.get(key) ?? {}
    const entry: Known = { hash: event.hash, pending, workflow, certainUntilMs: Infinity }
    this.known.set(key, entry)
    pending.then(
      () => {
        delete entry.pending
        entry.certainUntilMs = this.now() + CERTAIN_MS
        this.trim()
      },
      () => {
        if (this.known.get(key) === entry) this.known.delete(key)
      },
    )
  }

  /** Notes which workflow delivers it. */
  owned(event: EventEnvelope, workflow: string): void {
    const entry = this.get(event)
    if (entry) entry.workflow = workflow
  }

  private trim(): void {
    for (const [key, entry] of this.known) {
      if (this.known.size <= REMEMBERED) return
      if (!entry.pending) this.known.delete(key)
    }
  }
}
