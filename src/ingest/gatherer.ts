import type { EventEnvelope } from '../delivery/types.ts'
import type { FanOut } from './fan-out.ts'
import { Gate } from './gate.ts'
import { EMPTY, fits, type GroupSize, plus, sizeOf } from './group-size.ts'
import type { Pace } from './pace.ts'
import { EventTooLarge, IngestUnavailable } from './types.ts'

/** Groups inside the gate at once; 2 measured best (docs/decisions/0001-group-start.md). */
const GATE_WIDTH = 2
/** The gate opens at the latest this long after the start's answer, so that a stopped MongoDB never shuts ingest. */
const GATE_PATIENCE_MS = 250

/** Events of one request: they leave together, and are accepted together or not at all. */
type Unit = {
  events: EventEnvelope[]
  size: GroupSize
  deadlineAtMs: number
  resolve: (existing: EventEnvelope[]) => void
  reject: (error: unknown) => void
}

/** Starts the workflow of a group; calls `onStarting` with the workflow's id before it does. */
export type StartGroup = (
  events: EventEnvelope[],
  deadlineAtMs: number,
  onStarting: (workflow: string) => void,
) => Promise<{
  /** It runs in this process, which will hear of its matchWebhooks. */
  here: boolean
  /** The workflow was there before. */
  existed: boolean
}>

/** Gathers accepted events into groups and starts a workflow for each, as the gate allows. */
export class Gatherer {
  private readonly queue: Unit[] = []
  private readonly gate = new Gate(GATE_WIDTH, () => this.pump())
  private readonly releases = new Map<string, () => void>()
  private readonly start: StartGroup
  private readonly groupMax: number
  private readonly now: () => number
  private readonly fanOut: Pick<FanOut, 'of'>
  private readonly pace: Pick<Pace, 'waitMs' | 'started'> | undefined
  private pause: NodeJS.Timeout | undefined
  private busy = 0

  constructor(options: {
    start: StartGroup
    groupMax: number
    now: () => number
    fanOut: Pick<FanOut, 'of'>
    /** Between the starts of two groups; none where groups are of one. */
    pace?: Pick<Pace, 'waitMs' | 'started'>
  }) {
    this.start = options.start
    this.groupMax = options.groupMax
    this.now = options.now
    this.fanOut = options.fanOut
    this.pace = options.pace
  }

  /**
   * Resolves when every event is in a started workflow, with those whose workflow was there before.
   * Throws IngestUnavailable, EventTooLarge.
   */
  add(events: EventEnvelope[], deadlineAtMs: number): Promise<EventEnvelope[]> {
    return new Promise((resolve, reject) => {
      const size = events.reduce((sum, event) => plus(sum, sizeOf(event, this.fanOut)), EMPTY)
      const unit: Unit = { events, size, deadlineAtMs, resolve, reject }
      const timer = setTimeout(() => this.expire(unit), deadlineAtMs - this.now())
      unit.resolve = (existing) => (clearTimeout(timer), resolve(existing))
      unit.reject = (error) => (clearTimeout(timer), reject(error))
      this.queue.push(unit)
      this.pump()
    })
  }

  /** The first matchWebhooks of this workflow has ended, well or not: the next group may leave. */
  matched(workflow: string): void {
    this.releases.get(workflow)?.()
  }

  /** Requests that no group has taken yet. */
  get waiting(): number {
    return this.queue.length
  }

  /** True while something that was handed in has no answer yet. */
  get active(): boolean {
    return this.queue.length > 0 || this.busy > 0
  }

  private expire(unit: Unit): void {
    const at = this.queue.indexOf(unit)
    if (at >= 0) this.queue.splice(at, 1)
    unit.reject(new IngestUnavailable('No workflow could be started in time.'))
  }

  private pump(): void {
    while (this.queue.length > 0 && !this.pauses()) {
      const release = this.gate.enter()
      if (!release) return
      this.pace?.started()
      void this.run(this.nextGroup(), release)
    }
  }

  /** Whether the next group is to wait; then it starts after the pause. */
  private pauses(): boolean {
    if (this.pause) return true
    const waitMs = this.pace?.waitMs() ?? 0
    if (waitMs <= 0) return false
    const go = () => {
      this.pause = undefined
      this.pump()
    }
    this.pause = setTimeout(go, waitMs)
    return true
  }

  private nextGroup(): Unit[] {
    let size = EMPTY
    let units = 0
    for (const unit of this.queue) {
      size = plus(size, unit.size)
      if (units > 0 && !fits(size, this.groupMax)) break
      units += 1
    }
    return this.queue.splice(0, units)
  }

  private async run(group: Unit[], release: () => void): Promise<void> {
    this.busy += 1
    try {
      const existing = await this.startAll(group, release)
      for (const unit of group)
        unit.resolve(existing.filter((event) => unit.events.includes(event)))
    } catch (error) {
      release()
      if (error instanceof EventTooLarge && group.length > 1) this.requeueAlone(group)
      else for (const unit of group) unit.reject(error)
    } finally {
      this.busy -= 1
    }
  }

  /** One start for the group; more where a single request holds more than a group may (GROUP_MAX=1, a large batch). */
  private async startAll(group: Unit[], release: () => void): Promise<EventEnvelope[]> {
    const existing: EventEnvelope[] = []
    const deadlineAtMs = Math.min(...group.map((unit) => unit.deadlineAtMs))
    const chunks = this.chunks(group)
    for (const events of chunks) {
      let workflow = ''
      // its other parts are to start inside the gate too
      const leave = events === chunks.at(-1) ? release : () => {}
      const over = () => this.forget(workflow, leave)
      try {
        const { here, existed } = await this.start(events, deadlineAtMs, (starting) => {
          workflow = starting
          this.releases.set(workflow, leave)
        })
        if (existed) existing.push(...events)
        if (here) setTimeout(over, GATE_PATIENCE_MS)
        else over()
      } catch (error) {
        over()
        throw error
      }
    }
    return existing
  }

  /** All events together, unless one request alone brings more than a group may hold. */
  private chunks(group: Unit[]): EventEnvelope[][] {
    const events = group.flatMap((unit) => unit.events)
    const isOver = group.some((unit) => !fits(unit.size, this.groupMax))
    return isOver ? this.split(events) : [events]
  }

  private split(events: EventEnvelope[]): EventEnvelope[][] {
    const chunks: EventEnvelope[][] = []
    let size = EMPTY
    for (const event of events) {
      const own = sizeOf(event, this.fanOut)
      const last = chunks.at(-1)
      const grown = plus(size, own)
      const isRoom = last !== undefined && fits(grown, this.groupMax)
      if (isRoom) last.push(event)
      else chunks.push([event])
      size = isRoom ? grown : own
    }
    return chunks
  }

  /** Whatever becomes of the start and of matchWebhooks, the gate is released once and the workflow forgotten. */
  private forget(workflow: string, release: () => void): void {
    release()
    if (this.releases.get(workflow) === release) this.releases.delete(workflow)
  }

  /** One event that Temporal refuses never hurts its neighbours: each request of the group gets a start of its own. */
  private requeueAlone(group: Unit[]): void {
    for (const unit of group) void this.run([unit], () => this.pump())
  }
}
