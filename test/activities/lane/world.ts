import { randomUUID } from 'node:crypto'
import { MockActivityEnvironment } from '@temporalio/testing'
import { Caps } from '../../../src/activities/deliver/caps.ts'
import type { CapLimits } from '../../../src/delivery/open-requests.ts'
import { LaneBells } from '../../../src/activities/lane/bells.ts'
import { LaneWaker } from '../../../src/activities/lane/waker.ts'
import { type LaneDependencies, sendHeld } from '../../../src/activities/lane/send-held.ts'
import { Sender } from '../../../src/activities/deliver/sender.ts'
import type { LanePassResult } from '../../../src/delivery/contract.ts'
import { preciseNow } from '../../../src/clock.ts'
import { LANE_RUN } from '../../../src/delivery/types.ts'
import { createLogger } from '../../../src/logger.ts'
import { Metrics } from '../../../src/metrics.ts'
import {
  createIndexes,
  defineModels,
  type Models,
  openModels,
} from '../../../src/models/connect.ts'
import { DeliveryChanges } from '../../../src/models/deliveries/changes.ts'
import { Claims } from '../../../src/models/deliveries/claims.ts'
import { DeliveryReads } from '../../../src/models/deliveries/reads.ts'
import type { DeliveryDocument } from '../../../src/models/deliveries/document.ts'
import { LaneRows } from '../../../src/models/deliveries/lane-rows.ts'
import type { WebhookDocument } from '../../../src/models/webhooks/document.ts'
import { createAddressGuard } from '../../../src/outbound/address/address-guard.ts'
import { createPoster, type Poster } from '../../../src/outbound/post.ts'
import { addDelivery, addWebhook } from '../../api/support.ts'

const FAR: CapLimits = { perOrigin: 1_000, perTenant: 1_000 }
const WORKFLOW = 'events/of-the-test'

/** What the lanes of one process have: real connections, real MongoDB, no Temporal. */
export type LaneProcess = Awaited<ReturnType<typeof laneProcess>>

export async function laneProcess(mongoUri: string, limits = FAR) {
  const models = defineModels()
  await openModels(models, mongoUri)
  await createIndexes(models)
  const stopping = new AbortController()
  const logger = createLogger('silent')
  const claims = new Claims(models)
  const changes = new DeliveryChanges(models)
  const guard = createAddressGuard({
    allowCidrs: ['127.0.0.0/8'],
    denyCidrs: [],
    allowHosts: [],
    allowHttp: true,
  })
  const real = createPoster({ guard, userAgent: 'herald/test' })
  const left: { url: string; at: number }[] = []
  const poster: Poster = {
    ...real,
    post: (request) => {
      const gate = () => {
        const isOpen = request.gate?.() ?? true
        if (isOpen) left.push({ url: request.url, at: preciseNow() })
        return isOpen
      }
      return real.post({ ...request, gate })
    },
  }
  const health = { report: () => undefined, gone: () => undefined }
  const parts = { models, logger, claims, changes, now: Date.now, random: Math.random }
  const tally = { note: () => undefined }
  const told = { health, tally, metrics: new Metrics() }
  const sender = new Sender({ ...parts, ...told, poster, version: '0' })
  const bells = new LaneBells()
  const deps: LaneDependencies = {
    ...parts,
    sender,
    bells,
    reads: new DeliveryReads(models),
    laneRows: new LaneRows(models),
    caps: new Caps(limits, { random: Math.random, stopping: stopping.signal }),
    waker: new LaneWaker({ bells, logger, signal: () => Promise.resolve() }),
    stopping: stopping.signal,
  }
  /** One activity of the lane, as Temporal runs it; `cancel` is what Temporal does to one that it has given up. */
  const pass = (
    webhook: string,
    environment = new MockActivityEnvironment(),
  ): Promise<LanePassResult> =>
    environment.run(sendHeld, { tenant: 'default', webhook, name: webhook }, deps)
  return {
    models,
    deps,
    pass,
    /** When a request's first byte left for this URL, by the clock that the slots go by: a receiver's is late under load. */
    leftAt: (url: string) => left.filter((one) => one.url === url).map(({ at }) => at),
    /** Passes as the lane's workflow asks for them, until it has nothing more to do. */
    async lane(webhook: string): Promise<LanePassResult> {
      for (;;) {
        const result = await pass(webhook)
        if (result.next === 'idle' || result.next === 'inactive') return result
        const inMs = 'inMs' in result ? result.inMs : 0
        await new Promise((resolve) => setTimeout(resolve, Math.max(inMs, 0)))
      }
    },
    stop: () => stopping.abort(),
    async close() {
      stopping.abort()
      await real.close()
      await models.connection.close(true)
    },
  }
}

/** A limited webhook of this receiver; gives its id. */
export async function limitedWebhook(
  models: Models,
  url: string,
  fields: Partial<WebhookDocument> = {},
): Promise<string> {
  const _id = `wh_${randomUUID()}`
  const target = { type: 'http', url, timeout: '5s' } as const
  const rateLimit = { limit: 10, per: '1s' }
  await addWebhook(models, { _id, target, rateLimit, concurrency: 32, ...fields })
  return _id
}

/** Rows that the webhook's lane carries, the first one due first. */
export async function heldRows(
  models: Models,
  webhook: string,
  count: number,
  fields: Partial<DeliveryDocument> = {},
): Promise<string[]> {
  const from = Date.now() - count
  const ids = Array.from({ length: count }, (_, n) => `${webhook}/${String(n).padStart(4, '0')}`)
  await Promise.all(
    ids.map((_id, n) =>
      addDelivery(models, {
        _id,
        webhook,
        event: `e${n}`,
        state: 'held',
        attempts: 0,
        dueAt: new Date(from + n),
        workflow: WORKFLOW,
        carrier: { workflow: WORKFLOW, run: LANE_RUN },
        ...fields,
      }),
    ),
  )
  return ids
}

/** The rows as they are stored, in the order of their ids. */
export function rowsOf(models: Models, webhook: string): Promise<DeliveryDocument[]> {
  return models.deliveries.find({ webhook }).sort({ _id: 1 }).lean<DeliveryDocument[]>().exec()
}
