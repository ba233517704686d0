import { sweepCarriers } from '../../src/process/carrier-sweep.ts'
import type { EventEnvelope, RateLimit } from '../../src/delivery/types.ts'
import { deliveryId } from '../../src/ids.ts'
import { createLogger } from '../../src/logger.ts'
import { Metrics } from '../../src/metrics.ts'
import type { Models } from '../../src/models/connect.ts'
import { DeliveryChanges } from '../../src/models/deliveries/changes.ts'
import type { DeliveryDocument } from '../../src/models/deliveries/document.ts'
import { isUnavailable } from '../../src/models/patience.ts'
import { addWebhook } from '../api/support.ts'
import { HeraldHost, type HostParts } from './herald-host.ts'
import { installTime } from './model-time.ts'
import { ModelTemporal } from './model-temporal.ts'
import { People, TENANT } from './people.ts'
import { GOOD, Receiver } from './receiver.ts'
import { isOwed, Referee } from './referee.ts'
import { SlowMongo } from './slow-mongo.ts'
import { judge } from './verdict.ts'
import { currentHost, World } from './world.ts'

export type WebhookPlan = {
  types: 'all' | 'a' | 'b'
  limit: RateLimit
  isLimited: boolean
  retries: number
  retryMs: number
  concurrency: number
  timeoutMs: number
  fails: number
  slowest: number
}
export type Plan = { seed: number; hosts: number; perOrigin: number; webhooks: WebhookPlan[] }

const logger = createLogger('silent')
const metrics = new Metrics()
const NEW_HOST_MS = 3_000
const QUIET_MS = 120_000
const START_MS = 5_000

/** One run of the model: herald's processes, what they speak to, and who watches. */
export class Simulation {
  readonly world: World
  readonly people: People
  readonly temporal: ModelTemporal
  readonly referee: Referee
  readonly mongo: SlowMongo
  readonly receiver: Receiver
  readonly webhooks = new Map<string, ReturnType<typeof webhookOf>>()
  readonly events: string[] = []
  hosts: HeraldHost[] = []
  /** Something was cancelled or terminated: what it owed may have lost its carrier. */
  mayHaveOrphans = false
  private readonly parts: HostParts
  private readonly restoreTime: () => void
  private hostsBegun = 0

  constructor(plan: Plan, models: Models) {
    this.world = new World(plan.seed)
    const { world } = this
    this.restoreTime = installTime(world)
    this.receiver = new Receiver(world)
    this.temporal = new ModelTemporal(world, { worker: () => this.worker() })
    const { temporal, receiver, webhooks } = this
    this.mongo = new SlowMongo(world, models)
    this.people = new People({ world, models, temporal, logger })
    this.referee = new Referee({ world, models, temporal, webhooks })
    const capLimits = { perOrigin: plan.perOrigin, perTenant: 100 }
    this.parts = { world, models, temporal, receiver, logger, metrics, capLimits }
    this.mongo.carriedOut = (operation) => this.referee.carriedOut(operation)
    receiver.came = (request) => this.referee.came(request)
    temporal.ended = (run, error) =>
      void world.later(0, () => this.referee.workflowEnded(run, error))
    for (const [n, webhook] of plan.webhooks.entries()) {
      webhooks.set(`w${n}`, webhookOf(`w${n}`, webhook))
      receiver.moods.set(`w${n}`, webhook)
    }
    for (let n = 0; n < plan.hosts; n++) this.beginHost()
  }

  async begin(): Promise<void> {
    const { deliveries, events, attempts, webhooks, laneRings } = this.parts.models
    for (const model of [deliveries, events, attempts, webhooks, laneRings])
      await (model as typeof deliveries).deleteMany({})
    for (const webhook of this.webhooks.values()) await addWebhook(this.parts.models, webhook)
    this.inBackground(this.post(['a', 'b']))
  }

  end(): void {
    this.world.end()
    this.mongo.stop()
    this.restoreTime()
  }

  /** All the deliveries that there may be, in the order of their events. */
  deliveries(): string[] {
    return this.events.flatMap((event) =>
      [...this.webhooks.keys()].map((webhook) => deliveryId(TENANT, event, webhook)),
    )
  }

  async post(types: ('a' | 'b')[], isTest = false): Promise<void> {
    await this.people.post(types.map((type) => this.event(type, isTest)))
  }

  /** A process dies, or stands still, or ends; another one takes its place. */
  trouble(n: number, what: (host: HeraldHost) => void): void {
    const alive = this.hosts.filter((host) => host.state === 'alive' && host.takesTasks)
    const host = alive[n % alive.length]
    if (!host) return
    this.referee.fairness.turnOff()
    what(host)
    this.world.later(this.world.between(0, NEW_HOST_MS), () => this.beginHost())
  }

  async sweep(beforeMs: number, isLast = false): Promise<void> {
    const host = this.hosts.find((one) => one.state === 'alive')
    if (!host) return
    const { models, temporal, world } = this.parts
    const sweep = () =>
      sweepCarriers(
        {
          models,
          changes: new DeliveryChanges(models),
          logger,
          metrics,
          stopping: new AbortController().signal,
          isRunning: (carrier) => temporal.call(() => temporal.isRunning(carrier)),
          signalLane: (lane) => temporal.call(() => temporal.signalLane(lane, 'held')),
          adopt: async (_tenant, deliveries) => {
            const workflow = `adopt/${temporal.runs.length}`
            world.note(`${workflow} adopts ${deliveries.map((one) => one.delivery).join()}`)
            if (isLast && !this.mayHaveOrphans)
              this.referee.fail(deliveries[0]?.delivery ?? '', 'was orphaned')
            const args = [{ deliveries, ownerRuns: false }]
            await temporal.call(() =>
              temporal.start({ workflow, type: 'rerun', args, reuse: 'never' }),
            )
          },
        },
        beforeMs,
      )
    await currentHost.run(host, sweep).catch((error: unknown) => {
      // it comes again in an hour
      if (!isUnavailable(error)) throw error
    })
  }

  /** The faults end; what is owed is to be delivered, the rest after a sweep, and what is paused once it is resumed. */
  async finish(): Promise<void> {
    const { world, temporal, mongo, receiver } = this
    world.note('command: the end begins')
    mongo.weather = 'calm'
    for (const webhook of this.webhooks.keys()) receiver.moods.set(webhook, GOOD)
    const isQuiet = () => temporal.running().length === 0
    await world.run(START_MS)
    await world.run(QUIET_MS, isQuiet)
    await this.checkOwed(!this.mayHaveOrphans)
    world.note('command: the last sweep')
    this.inBackground(this.sweep(world.nowMs + 1, true))
    await world.run(QUIET_MS / 2)
    await this.checkOwed(true)
    world.note('command: all is resumed')
    for (const webhook of this.webhooks.keys()) this.inBackground(this.people.resume(webhook))
    await world.run(START_MS)
    await world.run(QUIET_MS, isQuiet)
    const { models } = this.parts
    const { referee, temporal: ran, webhooks, events } = this
    await judge({ models, referee, temporal: ran, webhooks, events })
  }

  /** What is owed still belongs to a webhook that is paused, and to a workflow that goes on or a lane, which a resume wakes. */
  private async checkOwed(isAll: boolean): Promise<void> {
    if (!isAll) return
    const rows = await this.parts.models.deliveries.find().lean<DeliveryDocument[]>()
    const webhooks = await this.parts.models.webhooks.find().lean()
    for (const row of rows) {
      if (!isOwed(row)) continue
      const webhook = webhooks.find((one) => one._id === row.webhook)
      const { workflow, run } = row.carrier ?? { workflow: row.workflow, run: '' }
      if (webhook?.state !== 'paused' || webhook.deletedAt)
        this.referee.fail(
          row._id,
          `is still ${row.state}, due ${String(row.dueAt)}, carried by ${workflow} ${run}`,
        )
      if (run !== 'lane' && !this.temporal.isRunning({ workflow, run }))
        this.referee.fail(row._id, `is ${row.state} and ${workflow} does not run`)
    }
  }

  /** Goes on while the run does other things. */
  inBackground(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.world.breaks(error))
  }

  private worker(): HeraldHost | undefined {
    const hosts = this.hosts.filter((host) => host.takesTasks && host.state !== 'dead')
    const host = this.world.pick(hosts)
    if (host?.state !== 'stopped' || this.world.chance(0.2)) return host
    return hosts.find((one) => one.state === 'alive')
  }

  private beginHost(): void {
    this.hostsBegun += 1
    this.hosts.push(new HeraldHost(`host-${this.hostsBegun}`, this.parts))
  }

  private event(type: string, isTest: boolean): EventEnvelope {
    const id = `e${this.events.length}-${type}`
    this.events.push(id)
    const at = new Date(this.world.nowMs).toISOString()
    const only = isTest ? { test: true, onlyWebhook: 'w0' } : {}
    return { tenant: TENANT, id, type, receivedAt: at, data: '{}', hash: id, ...only }
  }
}

function webhookOf(id: string, plan: WebhookPlan) {
  const { types, retries, retryMs, timeoutMs, concurrency, limit, isLimited } = plan
  return {
    _id: id,
    tenant: TENANT,
    events: types === 'all' ? ['*'] : [types],
    target: { type: 'http' as const, url: `http://receiver.test/${id}`, timeout: `${timeoutMs}ms` },
    retry: { type: 'fixed' as const, interval: `${retryMs}ms`, retries },
    concurrency,
    rateLimit: isLimited ? limit : null,
    limit,
  }
}
