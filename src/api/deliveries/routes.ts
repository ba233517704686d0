import { z } from 'zod'
import { staleLinksWarning } from '../../delivery/stale-links.ts'
import { eventKey } from '../../ids.ts'
import type { AttemptDocument, AttemptRecord } from '../../models/deliveries/attempt.ts'
import type { DeliveryDocument } from '../../models/deliveries/document.ts'
import { deliveryConditions } from '../../models/deliveries/conditions.ts'
import type { EventDocument } from '../../models/event.ts'
import { recordChange } from '../operate/audit.ts'
import { deliveryFilterFields } from './filter.ts'
import { deliveryDetail, deliverySchema, deliverySummarySchema, deliveryView } from './view.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { ApiError } from '../http/errors.ts'
import { expectedAt } from '../webhooks/lane-view.ts'
import { listPage, pageOf, pageQuery } from '../http/pages.ts'
import { nextRound, temporalUnavailable } from './redelivery.ts'
import { type Call, route } from '../http/route.ts'

const tag = 'Deliveries'
const ATTEMPTS_SHOWN = 200

const listSchema = z.strictObject({ ...pageQuery, ...deliveryFilterFields })

const redeliveredSchema = z.object({
  id: z.string(),
  workflow: z.string(),
  warnings: z.array(z.object({ code: z.string(), detail: z.string() })).optional(),
})

/** The caller's delivery of the path's id. Throws not_found. */
export async function findDelivery({
  deps,
  caller,
  params,
}: Pick<Call<unknown, unknown>, 'deps' | 'caller' | 'params'>): Promise<DeliveryDocument> {
  const delivery = await deps.models.deliveries
    .findOne({ _id: params.id, tenant: caller.tenant })
    .lean<DeliveryDocument>()
    .exec()
  if (!delivery) throw new ApiError('not_found', 'No such delivery.')
  return delivery
}

/** The newest attempts, oldest first: those that the row holds, and before them those that it had no room for. */
async function attemptsOf(
  { models }: ApiDependencies,
  { _id, attempts, log = [] }: DeliveryDocument,
): Promise<AttemptRecord[]> {
  if (log.length >= attempts || log.length >= ATTEMPTS_SHOWN) return log
  const older = await models.attempts
    .find({ delivery: _id, number: { $lt: log[0]?.number ?? Infinity } })
    .sort({ number: -1 })
    .limit(ATTEMPTS_SHOWN - log.length)
    .lean<AttemptDocument[]>()
    .exec()
  return [...older.toReversed(), ...log]
}

/** A delivery with its newest attempts, as the API shows it. */
export async function deliveryBodyOf(deps: ApiDependencies, delivery: DeliveryDocument) {
  const { models } = deps
  const [attempts, event, expected] = await Promise.all([
    attemptsOf(deps, delivery),
    models.events
      .findOne({ _id: eventKey(delivery.tenant, delivery.event) }, { receivedAt: 1 })
      .lean<EventDocument>()
      .exec(),
    expectedAt(deps, delivery),
  ])
  const history = {
    attempts,
    receivedAt: event?.receivedAt,
    expectedAt: expected,
  }
  return deliveryDetail(deps, delivery, history)
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
        omit: ['body', 'log'],
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
      const delivery = await findDelivery(call)
      return { status: 200, body: await deliveryBodyOf(call.deps, delivery) }
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
