import type { EventEnvelope } from '../delivery/types.ts'
import { eventKey } from '../ids.ts'
import { type AcceptedEvent, IngestUnavailable } from './types.ts'

/** Ids that were used before with other bytes: nothing of the request is accepted. */
export class Conflict extends Error {
  readonly events: ReadonlySet<EventEnvelope>

  constructor(events: Iterable<EventEnvelope>) {
    super('An event id was used before with other bytes.')
    this.events = new Set(events)
  }
}

export function keyOf({ tenant, id }: EventEnvelope): string {
  return eventKey(tenant, id)
}

/** The workflow of an event that shares it with no other. */
export function workflowOf({ tenant, id }: EventEnvelope): string {
  return `event/${tenant}/${id}`
}

export function firstOfEachId(events: EventEnvelope[]): Map<string, EventEnvelope> {
  const first = new Map<string, EventEnvelope>()
  for (const event of events) {
    if (!first.has(keyOf(event))) first.set(keyOf(event), event)
  }
  return first
}

export function results(
  events: EventEnvelope[],
  isDuplicate: (event: EventEnvelope) => boolean,
  conflicts: ReadonlySet<EventEnvelope> = new Set(),
): AcceptedEvent[] {
  return events.map((event) =>
    conflicts.has(event)
      ? { id: event.id, conflict: true }
      : { id: event.id, duplicate: isDuplicate(event) },
  )
}

/** The request that this one repeats was not accepted: nor is this one. */
export function retryLater(): never {
  throw new IngestUnavailable('The same event, sent at the same time, was not accepted.')
}
