import type { EventEnvelope } from '../delivery/types.ts'
import { newId } from '../ids.ts'
import type { Models } from '../models/connect.ts'
import { Door } from './door.ts'
import { FanOut } from './fan-out.ts'
import { Gatherer, type StartGroup } from './gatherer.ts'
import { KnownEvents } from './known-events.ts'
import { Pace } from './pace.ts'
import { Conflict, firstOfEachId, keyOf, results, retryLater, workflowOf } from './results.ts'
import { StoredEvents } from './stored-events.ts'
import type { AcceptedEvent, Begun } from './types.ts'
import { Unattempted } from './unattempted.ts'

export type StartedWorkflow =
  | {
      state: 'started'
      /** It runs in this process. */
      here: boolean
      run: string
    }
  /** A workflow of this id was there before, for an event with this hash. */
  | { state: 'running' | 'ended'; hash: string | undefined }

export type GroupStart = {
  workflow: string
  events: EventEnvelope[]
  deadlineAtMs: number
  /** Also where a workflow of this id was there before and has ended. */
  again?: boolean
}

export type IngestOptions = {
  models: Models
  workflows: {
    /** Starts `deliverEvents` and waits for the answer. Throws IngestUnavailable, EventTooLarge. */
    startGroup: (start: GroupStart) => Promise<StartedWorkflow>
    /** False only where Temporal says that none of this id runs. */
    mayBeRunning: (workflow: string) => Promise<boolean>
  }
  groupMax: number
  maxWaiting: number
  now: () => number
}

/**
 * Accepts events: durable once `accept` resolves, since it waits for Temporal's answer to the start. Duplicates are
 * told by the ids in flight, the recent ones, and a look into MongoDB where it answers in 200 ms; the promise
 * that no event is delivered twice does not rest on them, but on the owner that matchWebhooks writes. A duplicate that
 * MongoDB has no record of, and no workflow is at work on, was lost after it was accepted: it is started again.
 */
export class Ingest {
  private readonly options: IngestOptions
  private readonly known: KnownEvents
  private readonly stored: StoredEvents
  private readonly gatherer: Gatherer
  private readonly lost: Gatherer
  private readonly unattempted = new Unattempted()
  private readonly door: Door
  /** To be told with how many webhooks an event has been matched. */
  readonly fanOut = new FanOut()
  /** Called with what has just become durable in a workflow that runs in this process, whose start was asked for then. */
  begin: (started: Begun) => void = () => {}
  /** Those of which MongoDB has said that it has no record. */
  private readonly unrecorded = new WeakSet<EventEnvelope>()

  constructor(options: IngestOptions) {
    const { models, groupMax, maxWaiting, now } = options
    this.options = options
    this.known = new KnownEvents(now)
    this.stored = new StoredEvents(models, now)
    this.door = new Door(() => maxWaiting - this.unattempted.events, now)
    this.unattempted.onFewer = () => this.door.open()
    const { fanOut } = this
    this.gatherer = new Gatherer({
      start: (...group) => this.startGroup(...group),
      groupMax,
      now,
      fanOut,
      // groups of one have nothing to wait for
      ...(groupMax > 1 && { pace: new Pace() }),
    })
    // each under its own id, so that Temporal lets no second one run beside it
    const startLost: StartGroup = (...one) => this.startLost(...one)
    this.lost = new Gatherer({ start: startLost, groupMax: 1, now, fanOut })
  }

  /** Resolves when the next request may come in; before its body is read. Throws IngestUnavailable at the deadline. */
  enter(deadlineAtMs: number): Promise<void> {
    return this.door.enter(deadlineAtMs)
  }

  /**
   * Accepts all events of one request or, where one is a conflict, none; one result each, in order.
   * Throws IngestUnavailable, EventTooLarge.
   */
  async accept(events: EventEnvelope[], deadlineAtMs: number): Promise<AcceptedEvent[]> {
    const first = firstOfEachId(events)
    const conflicts = events.filter((event) => this.hashOf(first, event) !== event.hash)
    if (conflicts.length > 0) return results(events, () => false, new Set(conflicts))
    const fresh = [...first.values()].filter((event) => !this.known.get(event))
    const old = [...first.values()].filter((event) => this.known.isOld(event))
    const others = events.flatMap((event) => this.known.get(event)?.pending ?? [])
    const accepting = [
      this.remember(fresh, () => this.acceptFresh(fresh, deadlineAtMs)),
      this.remember(old, () => this.acceptLost(old, deadlineAtMs)),
    ]
    try {
      const accepted = await Promise.all(accepting)
      await Promise.all(others.map((other) => other.catch(retryLater)))
      return results(events, (event) => !accepted.some((some) => some.has(event)))
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
    this.lost.matched(workflow)
  }

  /** To be called when the events of a workflow have had their first attempt, or wait for MongoDB only. */
  attempted(workflow: string): void {
    this.unattempted.delete(workflow)
  }

  /** How much is between the door and its first attempt. */
  get waiting(): { unattempted: number; queued: number } {
    const queued = this.gatherer.waiting + this.lost.waiting
    return { unattempted: this.unattempted.events, queued }
  }

  /** True while a request waits for its start. */
  get active(): boolean {
    return this.gatherer.active || this.lost.active
  }

  private hashOf(first: Map<string, EventEnvelope>, event: EventEnvelope): string | undefined {
    return this.known.get(event)?.hash ?? first.get(keyOf(event))?.hash
  }

  /** Gives the events that were accepted anew; all of them are known to this process from the first moment on. */
  private async remember(
    events: EventEnvelope[],
    accept: () => Promise<EventEnvelope[]>,
  ): Promise<ReadonlySet<EventEnvelope>> {
    if (events.length === 0) return new Set()
    const accepted = accept()
    for (const event of events) this.known.add(event, accepted)
    return new Set(await accepted)
  }

  private async acceptFresh(
    fresh: EventEnvelope[],
    deadlineAtMs: number,
  ): Promise<EventEnvelope[]> {
    const records = await this.stored.find(fresh.map(keyOf))
    const duplicates = fresh.filter((event) => records?.has(keyOf(event)))
    const conflicts = duplicates.filter((event) => records?.get(keyOf(event))?.hash !== event.hash)
    if (conflicts.length > 0) throw new Conflict(conflicts)
    for (const event of duplicates) this.owned(event, records?.get(keyOf(event))?.workflow)
    const unknown = fresh.filter((event) => !duplicates.includes(event))
    if (unknown.length === 0) return []
    if (records) for (const event of unknown) this.unrecorded.add(event)
    const existing = await this.gatherer.add(unknown, deadlineAtMs)
    return unknown.filter((event) => !existing.includes(event))
  }

  /** Of events that this process knows for long: those without a record, and without a workflow at work on them. */
  private async acceptLost(old: EventEnvelope[], deadlineAtMs: number): Promise<EventEnvelope[]> {
    const records = await this.stored.find(old.map(keyOf))
    const missing = records ? old.filter((event) => !records.has(keyOf(event))) : []
    const accepted = await Promise.all(
      missing.map(async (event) => {
        const owner = this.known.get(event)?.workflow ?? workflowOf(event)
        const isOwn = owner === workflowOf(event) // then Temporal itself starts none beside it
        if (!isOwn && (await this.options.workflows.mayBeRunning(owner))) return []
        const existing = await this.lost.add([event], deadlineAtMs)
        return existing.length > 0 ? [] : [event]
      }),
    )
    return accepted.flat()
  }

  private owned(event: EventEnvelope, workflow: string | undefined): void {
    if (workflow !== undefined) this.known.owned(event, workflow)
  }

  private async startGroup(
    events: EventEnvelope[],
    deadlineAtMs: number,
    onStarting: (workflow: string) => void,
  ): Promise<{ here: boolean; existed: boolean }> {
    const [event] = events
    if (!event) throw new RangeError('a group has at least one event')
    const workflow =
      events.length === 1 ? workflowOf(event) : `events/${newId('grp', this.options.now())}`
    const started = await this.start({ workflow, events, deadlineAtMs }, onStarting)
    if (started.state === 'started') return { here: started.here, existed: false }
    if (started.hash !== undefined && started.hash !== event.hash) throw new Conflict([event])
    const isLost = started.state === 'ended' && started.hash !== undefined
    if (isLost && this.unrecorded.has(event))
      return this.startLost(events, deadlineAtMs, onStarting)
    return { here: false, existed: true }
  }

  private async startLost(
    events: EventEnvelope[],
    deadlineAtMs: number,
    onStarting: (workflow: string) => void,
  ): Promise<{ here: boolean; existed: boolean }> {
    const [event] = events
    if (!event) throw new RangeError('a group has at least one event')
    const workflow = workflowOf(event)
    const started = await this.start({ workflow, events, deadlineAtMs, again: true }, onStarting)
    return {
      here: started.state === 'started' && started.here,
      existed: started.state !== 'started',
    }
  }

  /** Starts it, and counts its events until their first attempt, if that is made in this process. */
  private async start(
    group: GroupStart,
    onStarting: (workflow: string) => void,
  ): Promise<StartedWorkflow> {
    const { workflow, events } = group
    onStarting(workflow)
    for (const event of events) this.owned(event, workflow)
    this.unattempted.add(workflow, events.length)
    let isHere = false
    const begunMs = this.options.now()
    try {
      const started = await this.options.workflows.startGroup(group)
      if (started.state === 'started' && started.here) {
        isHere = true
        this.begin({ workflow, run: started.run, events, begunMs })
      }
      return started
    } finally {
      if (!isHere) this.unattempted.delete(workflow)
    }
  }
}
