import type { EventEnvelope } from '../delivery/types.ts'
import { eventKey, newId } from '../ids.ts'
import type { Models } from '../models/connect.ts'
import { Gatherer } from './gatherer.ts'
import { KnownEvents } from './known-events.ts'
import { StoredHashes } from './stored-hashes.ts'
import { type AcceptedEvent, IngestUnavailable } from './types.ts'
import { Unattempted } from './unattempted.ts'

export type StartedWorkflow =
  | { state: 'started'; /** It runs in this process. */ here: boolean }
  /** A workflow of this id was there before, for an event with this hash. */
  | { state: 'existed'; hash: string | undefined }

export type IngestOptions = {
  models: Models
  /** Starts `deliverEvents` and waits for the answer. Throws IngestUnavailable, EventTooLarge. */
  startWorkflow: (start: {
    workflow: string
    events: EventEnvelope[]
    deadlineAtMs: number
  }) => Promise<StartedWorkflow>
  groupMax: number
  maxWaiting: number
  now: () => number
}

/** Ids that were used before with other bytes: nothing of the request is accepted. */
class Conflict extends Error {
  readonly events: ReadonlySet<EventEnvelope>

  constructor(events: Iterable<EventEnvelope>) {
    super('An event id was used before with other bytes.')
    this.events = new Set(events)
  }
}

/**
 * Accepts events: durable once `accept` resolves, since it waits for Temporal's answer to the start. Duplicates are
 * told by the ids in flight, the recent ones, and a look into MongoDB where it answers in 200 ms; the promise
 * that no event is delivered twice does not rest on them, but on the owner that matchWebhooks writes.
 */
export class Ingest {
  private readonly options: IngestOptions
  private readonly known = new KnownEvents()
  private readonly stored: StoredHashes
  private readonly gatherer: Gatherer
  private readonly unattempted = new Unattempted()

  constructor(options: IngestOptions) {
    this.options = options
    this.stored = new StoredHashes(options.models, options.now)
    this.gatherer = new Gatherer({
      start: (events, deadlineAtMs, onStarting) =>
        this.startGroup(events, deadlineAtMs, onStarting),
      groupMax: options.groupMax,
      now: options.now,
    })
  }

  /**
   * Accepts all events of one request or, where one is a conflict, none; one result each, in order.
   * Throws IngestUnavailable, EventTooLarge.
   */
  async accept(events: EventEnvelope[], deadlineAtMs: number): Promise<AcceptedEvent[]> {
    if (this.unattempted.events >= this.options.maxWaiting)
      throw new IngestUnavailable('Too many accepted events wait for their first attempt.')
    const first = firstOfEachId(events)
    const conflicts = events.filter((event) => this.hashOf(first, event) !== event.hash)
    if (conflicts.length > 0) return results(events, () => false, new Set(conflicts))
    const fresh = [...first.values()].filter((event) => !this.known.get(event))
    const others = events.flatMap((event) => this.known.get(event)?.pending ?? [])
    const accepted = fresh.length > 0 ? this.acceptFresh(fresh, deadlineAtMs) : undefined
    try {
      const duplicates = await accepted
      await Promise.all(others.map((other) => other.catch(retryLater)))
      return results(events, (event) => !fresh.includes(event) || duplicates?.has(event) === true)
    } catch (error) {
      if (error instanceof Conflict) return results(events, () => false, error.events)
      throw error
    }
  }

  /** Whether this process accepted the event, so that it will be stored shortly if it is not yet. */
  pending(tenant: string, id: string): boolean {
    return this.known.has(tenant, id)
  }

  /** To be called when the first matchWebhooks of a workflow has ended, either way. */
  matched(workflow: string): void {
    this.gatherer.matched(workflow)
  }

  /** To be called when the events of a workflow have had their first attempt, or wait for MongoDB only. */
  attempted(workflow: string): void {
    this.unattempted.delete(workflow)
  }

  /** How much is between the door and its first attempt. */
  get waiting(): { unattempted: number; queued: number } {
    return { unattempted: this.unattempted.events, queued: this.gatherer.waiting }
  }

  /** True while a request waits for its start. */
  get active(): boolean {
    return this.gatherer.active
  }

  private hashOf(first: Map<string, EventEnvelope>, event: EventEnvelope): string | undefined {
    return this.known.get(event)?.hash ?? first.get(eventKey(event.tenant, event.id))?.hash
  }

  /** The events that turned out to be known already; known to this process from the first moment on. */
  private acceptFresh(
    fresh: EventEnvelope[],
    deadlineAtMs: number,
  ): Promise<ReadonlySet<EventEnvelope>> {
    const accepted = this.lookUpAndGather(fresh, deadlineAtMs)
    for (const event of fresh) this.known.add(event, accepted)
    return accepted
  }

  private async lookUpAndGather(
    fresh: EventEnvelope[],
    deadlineAtMs: number,
  ): Promise<ReadonlySet<EventEnvelope>> {
    const hashes = await this.stored.find(fresh.map((event) => eventKey(event.tenant, event.id)))
    const hashOf = (event: EventEnvelope) => hashes.get(eventKey(event.tenant, event.id))
    const duplicates = new Set(fresh.filter((event) => hashOf(event) !== undefined))
    const conflicts = [...duplicates].filter((event) => hashOf(event) !== event.hash)
    if (conflicts.length > 0) throw new Conflict(conflicts)
    const unknown = fresh.filter((event) => !duplicates.has(event))
    if (unknown.length === 0) return duplicates
    const existing = await this.gatherer.add(unknown, deadlineAtMs)
    return new Set([...duplicates, ...existing])
  }

  private async startGroup(
    events: EventEnvelope[],
    deadlineAtMs: number,
    onStarting: (workflow: string) => void,
  ): Promise<{ here: boolean; existed: boolean }> {
    const [event] = events
    if (!event) throw new RangeError('a group has at least one event')
    const workflow =
      events.length === 1
        ? `event/${event.tenant}/${event.id}`
        : `events/${newId('grp', this.options.now())}`
    onStarting(workflow)
    this.unattempted.add(workflow, events.length)
    try {
      const started = await this.options.startWorkflow({ workflow, events, deadlineAtMs })
      if (started.state === 'started' && started.here) return { here: true, existed: false }
      this.unattempted.delete(workflow)
      if (started.state === 'started') return { here: false, existed: false }
      if (started.hash !== undefined && started.hash !== event.hash) throw new Conflict([event])
      return { here: false, existed: true }
    } catch (error) {
      this.unattempted.delete(workflow)
      throw error
    }
  }
}

function firstOfEachId(events: EventEnvelope[]): Map<string, EventEnvelope> {
  const first = new Map<string, EventEnvelope>()
  for (const event of events) {
    const key = eventKey(event.tenant, event.id)
    if (!first.has(key)) first.set(key, event)
  }
  return first
}

function results(
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
function retryLater(): never {
  throw new IngestUnavailable('The same event, sent at the same time, was not accepted.')
}
