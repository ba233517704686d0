import { createActivities } from '../../src/activities/index.ts'
import type { CapLimits } from '../../src/delivery/open-requests.ts'
import type { Logger } from '../../src/logger.ts'
import type { Metrics } from '../../src/metrics.ts'
import type { Models } from '../../src/models/connect.ts'
import { DeliveryChanges } from '../../src/models/deliveries/changes.ts'
import type { ModelTemporal } from './model-temporal.ts'
import type { Receiver } from './receiver.ts'
import { Host, type World } from './world.ts'

export type HostParts = {
  world: World
  models: Models
  temporal: ModelTemporal
  receiver: Receiver
  logger: Logger
  metrics: Metrics
  capLimits: CapLimits
}
type Activity = (...args: unknown[]) => Promise<unknown>

/** Longer than any attempt; as the worker has it. */
const SHUTDOWN_MS = 45_000

/** A worker's process: the real activities, which speak to the model's MongoDB, Temporal and receivers. */
export class HeraldHost extends Host {
  /** Whether it takes tasks. */
  takesTasks = true
  private readonly parts: HostParts
  private readonly stopping = new AbortController()
  private readonly activities: Record<string, unknown>
  private readonly watchers: { ms: number; gone: () => void }[] = []

  constructor(name: string, parts: HostParts) {
    super(name)
    this.parts = parts
    const { events, lanes } = createActivities(this.dependencies())
    this.activities = { ...events, ...lanes }
  }

  activity(name: string): Activity {
    return this.activities[name] as Activity
  }

  /** Calls this when nothing has been heard of the process for so long. */
  whenSilent(ms: number, gone: () => void): void {
    this.watchers.push({ ms, gone })
    if (this.state !== 'alive') this.watch({ ms, gone })
  }

  /** As kill -9. */
  kill(): void {
    this.trouble('dead')
    this.parts.receiver.lose(this)
  }

  /** As SIGSTOP, and SIGCONT after this time. */
  standStill(ms: number): void {
    this.trouble('stopped')
    this.parts.world.later(ms, () => {
      if (this.state !== 'stopped') return
      this.parts.world.note(`${this.name} goes on`)
      this.state = 'alive'
    })
  }

  /** As SIGTERM: what is under way goes to its end. */
  stop(): void {
    this.parts.world.note(`${this.name} is to end`)
    this.takesTasks = false
    this.stopping.abort()
    this.parts.world.later(SHUTDOWN_MS, () => this.kill())
  }

  private trouble(state: 'dead' | 'stopped'): void {
    if (this.state === 'dead') return
    this.parts.world.note(`${this.name} is ${state}`)
    this.state = state
    this.wasTroubled = true
    if (state === 'dead') this.takesTasks = false
    for (const watcher of this.watchers) this.watch(watcher)
  }

  private watch({ ms, gone }: { ms: number; gone: () => void }): void {
    this.parts.world.later(ms, () => this.state !== 'alive' && gone())
  }

  private dependencies(): Parameters<typeof createActivities>[0] {
    const { world, models, temporal, receiver, logger, metrics, capLimits } = this.parts
    return {
      models,
      changes: new DeliveryChanges(models),
      logger,
      metrics,
      capLimits,
      version: 'model',
      poster: receiver.poster(this),
      backlogMax: 1_000,
      now: Date.now,
      random: () => world.random(),
      stopping: this.stopping.signal,
      progress: {
        matched: () => undefined,
        attempted: () => undefined,
        fanOut: { note: () => undefined },
      },
      deliveryUrl: () => undefined,
      isRunning: (carrier) => temporal.call(() => temporal.isRunning(carrier)),
      wakeWorkflow: (workflow) => temporal.wake(workflow),
      signalLane: (lane) => temporal.call(() => temporal.signalLane(lane, 'held')),
      startChunk: () => Promise.resolve(),
      health: { report: () => undefined, gone: () => undefined },
      tally: { note: () => undefined },
    }
  }
}
