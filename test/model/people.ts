import type { Client } from '@temporalio/client'
import { cancelRoutes } from '../../src/api/deliveries/cancel.ts'
import { deliveryRoutes } from '../../src/api/deliveries/routes.ts'
import type { ApiDependencies } from '../../src/api/dependencies.ts'
import { ApiError } from '../../src/api/http/errors.ts'
import { rerunRoutes } from '../../src/api/events/rerun-routes.ts'
import type { Answer, UnparsedCall } from '../../src/api/http/route.ts'
import { findWebhook, storeChange } from '../../src/api/webhooks/changes.ts'
import { webhookRoutes } from '../../src/api/webhooks/routes.ts'
import { configSchema } from '../../src/config.ts'
import { chunkWorkflow, type ReplayChunk } from '../../src/delivery/contract.ts'
import { type EventEnvelope, FINAL_STATES, type RateLimit } from '../../src/delivery/types.ts'
import type { Logger } from '../../src/logger.ts'
import type { Models } from '../../src/models/connect.ts'
import { DeliveryChanges } from '../../src/models/deliveries/changes.ts'
import { isUnavailable } from '../../src/models/patience.ts'
import { rerunEvent } from '../../src/temporal/rerun.ts'
import type { ModelTemporal } from './model-temporal.ts'
import { currentHost, Host, type World } from './world.ts'

export const TENANT = 'model'
const routes = [...webhookRoutes, ...deliveryRoutes, ...cancelRoutes, ...rerunRoutes]
const REPLAYED_MOST = 5
type Parts = { world: World; models: Models; temporal: ModelTemporal; logger: Logger }

/** What people do by the API, on the real handlers; each is refused or breaks off as it would. */
export class People {
  private readonly host = new Host('api')
  private readonly parts: Parts
  private readonly deps: ApiDependencies
  private replays = 0

  constructor(parts: Parts) {
    this.parts = parts
    this.deps = dependenciesOf(parts)
  }

  /** Accepts events: one by itself, or a group. */
  async post(events: EventEnvelope[]): Promise<void> {
    const [first] = events
    const own = `event/${TENANT}/${first?.id}`
    const workflow = events.length === 1 ? own : `events/${first?.id}`
    const start = { workflow, type: 'deliverEvents', args: [{ events }], reuse: 'never' } as const
    await this.do(() => this.parts.temporal.call(() => this.parts.temporal.start(start)))
  }

  pause(webhook: string) {
    return this.ask('post /v1/webhooks/{id}/pause', webhook)
  }

  resume(webhook: string) {
    return this.ask('post /v1/webhooks/{id}/resume', webhook)
  }

  delete(webhook: string) {
    return this.ask('delete /v1/webhooks/{id}', webhook)
  }

  redeliver(delivery: string) {
    return this.ask('post /v1/deliveries/{id}/redeliver', delivery)
  }

  cancel(delivery: string) {
    return this.ask('post /v1/deliveries/{id}/cancel', delivery)
  }

  rerun(event: string) {
    return this.ask('post /v1/events/{id}/rerun', event)
  }

  /** As the PATCH of a webhook does it. */
  limit(webhook: string, rateLimit: RateLimit | null): Promise<unknown> {
    return this.do(async () => {
      const call = this.callOf(webhook)
      const stored = await findWebhook(call)
      const version = stored.version + 1
      await storeChange(call, { ...stored, rateLimit, version, updatedAt: new Date() })
      if (!stored.rateLimit && !rateLimit) return
      const lane = { tenant: TENANT, webhook, name: stored.name }
      await this.deps.temporal.signalLane(lane, 'changed')
    })
  }

  /** As herald does it to one that only fails. */
  disable(webhook: string): Promise<unknown> {
    const stateReason = { code: 'failing', detail: 'It only failed.', at: new Date() }
    const change = { $set: { state: 'disabled', stateReason }, $inc: { version: 1 } } as const
    const { webhooks } = this.parts.models
    return this.do(() => webhooks.updateOne({ _id: webhook, state: 'active' }, change))
  }

  /** A chunk of a replay of what is finished of a webhook; gives the deliveries that it takes. */
  async replay(webhook: string): Promise<string[]> {
    this.replays += 1
    const place = { replay: `replay-${this.replays}`, page: 0, chunk: 0 }
    const { models, temporal } = this.parts
    const taken: string[] = []
    await this.do(async () => {
      const rows = await models.deliveries
        .find({ webhook, state: { $in: [...FINAL_STATES] } }, { event: 1, webhook: 1, round: 1 })
        .sort({ _id: 1 })
        .limit(REPLAYED_MOST)
        .lean()
      const items = rows.map(({ _id: delivery, ...row }) => ({ delivery, ...row }))
      if (items.length === 0) return
      taken.push(...items.map((item) => item.delivery))
      const chunk: ReplayChunk = { ...place, tenant: TENANT, items }
      const workflow = chunkWorkflow(place)
      await temporal.call(() =>
        temporal.start({ workflow, type: 'redeliverBatch', args: [chunk], reuse: 'never' }),
      )
    })
    return taken
  }

  /** Does this as the API's process; what a person would be told went wrong is noted. */
  private async do<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await currentHost.run(this.host, work)
    } catch (error) {
      if (!(error instanceof ApiError) && !isUnavailable(error)) throw error
      this.parts.world.note(`refused: ${error instanceof Error ? error.message : ''}`)
      return undefined
    }
  }

  /** The answer, if it was a good one. */
  private ask(what: string, id: string): Promise<Answer | undefined> {
    const [method, path] = what.split(' ')
    const route = routes.find((one) => one.method === method && one.path === path)
    if (!route) throw new Error(`no such route: ${what}`)
    return this.do(() => route.run(this.callOf(id)))
  }

  private callOf(id: string): UnparsedCall {
    const caller = { keyId: 'model', role: 'admin', tenant: TENANT, boundTenant: TENANT } as const
    const request = { headers: { 'if-match': '*' } }
    const { deps } = this
    return {
      deps,
      caller,
      params: { id, name: '' },
      requestId: 'model',
      request,
    } as unknown as UnparsedCall
  }
}

function dependenciesOf({ models, temporal, logger }: Parts): ApiDependencies {
  const deps: Partial<ApiDependencies> = {
    models,
    changes: new DeliveryChanges(models),
    logger,
    config: configSchema.parse({}),
    now: Date.now,
    temporal: {
      redeliver: async (input, { n }) => {
        const workflow = `redeliver/${input.delivery}/${n}`
        const reuse = input.round === 'now' ? 'again' : 'never'
        const start = { workflow, type: 'redeliver', args: [input], reuse } as const
        await temporal.call(() => temporal.start(start))
        return { workflow }
      },
      signalLane: (lane, signal) => temporal.call(() => temporal.signalLane(lane, signal)),
      wake: async (workflows) => {
        await Promise.all(workflows.map((workflow) => temporal.wake(workflow)))
      },
      rerun: (request) => rerunEvent(clientOf(temporal), request, { taskQueue: 'model' }),
      healthy: () => Promise.resolve(true),
      workflowUrl: () => null,
    },
  }
  return deps as ApiDependencies
}

/** As much of Temporal's client as a rerun uses. */
function clientOf(temporal: ModelTemporal): Client {
  const describe = (workflow: string) => () =>
    temporal.call(() => {
      const { status, ids } = temporal.latest(workflow) ?? {}
      return { status: { name: status }, runId: ids?.run }
    })
  const client = {
    options: { namespace: 'model' },
    workflow: {
      getHandle: (workflow: string) => ({ describe: describe(workflow) }),
      start: (type: 'rerun', { workflowId, args }: { workflowId: string; args: unknown[] }) =>
        temporal.call(() => temporal.start({ workflow: workflowId, type, args, reuse: 'again' })),
    },
    workflowService: {
      getWorkflowExecutionHistory: () =>
        temporal.call(() => ({
          history: { events: [{ workflowTaskCompletedEventAttributes: {}, eventId: 4 }] },
        })),
      resetWorkflowExecution: (request: { workflowExecution: { workflowId: string } }) =>
        temporal.call(() => temporal.reset(request.workflowExecution.workflowId)),
    },
  }
  return client as unknown as Client
}
