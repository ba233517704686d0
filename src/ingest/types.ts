import type { EventEnvelope } from '../delivery/types.ts'

/** What became of one event that was handed in: taken (perhaps known already), or refused for its id. */
export type AcceptedEvent =
  | { id: string; duplicate: boolean; conflict?: false }
  /** The id was used before with other bytes. */
  | { id: string; conflict: true }

/** Nothing was accepted, and the same request may be sent again: Temporal is away, or herald is full. */
export class IngestUnavailable extends Error {
  override readonly name = 'IngestUnavailable'
  readonly retryAfterSeconds: number

  constructor(message: string, retryAfterSeconds = 2) {
    super(message)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** Temporal will not take this event whatever the load, because it is too large once it is encoded. */
export class EventTooLarge extends Error {
  override readonly name = 'EventTooLarge'
}

/** A workflow that runs in this process, and when its start was asked for. */
export type Begun = { workflow: string; run: string; events: EventEnvelope[]; begunMs: number }
