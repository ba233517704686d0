import { z } from 'zod'
import { staleLinksWarning } from '../delivery/stale-links.ts'
import { eventKey } from '../ids.ts'
import type { AttemptDocument } from '../models/attempt.ts'
import type { DeliveryDocument } from '../models/delivery.ts'
import { deliveryConditions } from '../models/delivery-conditions.ts'
import type { EventDocument } from '../models/event.ts'
import { recordChange } from './audit.ts'
import { deliveryFilterFields } from './delivery-filter.ts'
import {
  deliveryDetail,
  deliverySchema,
  deliverySummarySchema,
  deliveryView,
  isOpen,
} from './delivery-view.ts'
import { ApiError } from './errors.ts'
import { listPage, pageOf, pageQuery } from './pages.ts'
import { type Call, route } from './route.ts'

const tag = 'Deliveries'
const ATTEMPTS_SHOWN = 200

const listSchema = z.strictObject({ ...pageQuery, ...deliveryFilterFields })

const redeliveredSchema = z.object({
  id: z.string(),
  workflow: z.string(),
  warnings: z.array(z.object({ code: z.string(), detail: z.string() })).optional(),
})

async function findDelivery(call: Call<unknown, unknown>): Promise<DeliveryDocument> {
  const delivery = await call.deps.models.deliveries
    .findOne({ _id: call.params.id, tenant: call.caller.tenant })
    .lean<DeliveryDocument>()
    .exec()
  if (!delivery) throw new ApiError('not_found', 'No such delivery.')
  return delivery
}

export const deliveryRoutes = [
  route({
    method: 'get',
    path: '/v1/deliveries',
    summary: 'List deliveries, newest first',
    tag,
    role: 'viewer',
    query: listSchema,
    responses: { 200: { description: 'A page', schema: pageOf(deliverySummarySchema) } },
    handle: (call) =>
      listPage(call, {
        model: call.deps.models.deliveries,
        timeField: 'createdAt',
        omit: ['body'],
        view: (row) => deliveryView(call.deps, row),
        filter: deliveryConditions(call.query),
      }),
  }),
  route({
    method: 'get',
    path: '/v1/deliveries/{id}',
    summary: 'Read a delivery with its attempts',
    tag,
    role: 'viewer',
    responses: { 200: { description: 'The delivery', schema: deliverySchema } },
    handle: async (call) => {
      const { models } = call.deps
      const delivery = await findDelivery(call)
      const [attempts, event] = await Promise.all([
        models.attempts
          .find({ delivery: delivery._id })
          .sort({ number: -1 })
          .limit(ATTEMPTS_SHOWN)
          .lean<AttemptDocument[]>()
          .exec(),
        models.events
          .findOne({ _id: eventKey(delivery.tenant, delivery.event) }, { receivedAt: 1 })
          .lean<EventDocument>()
          .exec(),
      ])
      const history = { attempts: attempts.toReversed(), receivedAt: event?.receivedAt }
      return { status: 200, body: deliveryDetail(call.deps, delivery, history) }
    },
  }),
  route({
    method: 'post',
    path: '/v1/deliveries/{id}/redeliver',
    summary: 'Send it again: the same id and bytes, a new round of the schedule',
    tag,
    role: 'operator',
    problems: [409],
    responses: {
      202: {
        description: 'A workflow delivers it again',
        schema: redeliveredSchema,
      },
    },
    handle: async (call) => {
      const { _id: delivery, tenant, webhook, ...row } = await findDelivery(call)
      const { models, temporal } = call.deps
      if (!(await models.webhooks.exists({ _id: webhook, deletedAt: { $exists: false } })))
        throw new ApiError('webhook_deleted', 'Its webhook was deleted; nobody would get it.')
      const { round, n } = nextRound(row)
      const { workflow } = await temporal
        .redeliver({ delivery, tenant, by: call.caller.keyId, round }, n)
        .catch(temporalUnavailable)
      await recordChange(call, { action: 'delivery.redelivered', resource: delivery })
      const event = { type: row.type, createdAtMs: row.createdAt.getTime() }
      const warning = staleLinksWarning(event, call.deps.now())
      const warnings = warning && { warnings: [warning] }
      return { status: 202, body: { id: delivery, workflow, ...warnings } }
    },
  }),
]

/** A finished delivery gets another round; an open one is tried now, once however often that is asked before it is. */
function nextRound(row: Pick<DeliveryDocument, 'state' | 'round' | 'attempts'>) {
  if (isOpen(row)) return { round: 'now' as const, n: `now-${row.attempts + 1}` }
  return { round: row.round + 1, n: `round-${row.round + 1}` }
}

function temporalUnavailable(cause: unknown): never {
  throw new ApiError('temporal_unavailable', 'The workflow could not be started; try again.', {
    headers: { 'retry-after': '2' },
    cause,
  })
}
