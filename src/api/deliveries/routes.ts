import { z } from 'zod'
import { staleLinksWarning } from '../../delivery/stale-links.ts'
import { deliveryConditions } from '../../models/deliveries/conditions.ts'
import { deliveryLead } from '../../models/deliveries/lead.ts'
import { recordChange } from '../access/audit.ts'
import { deliveryBodyOf, findDelivery } from './read.ts'
import { deliveryQueryFields } from './filter.ts'
import { deliverySchema, deliverySummarySchema, deliveryView } from './shape.ts'
import { ApiError } from '../http/errors.ts'
import { listPage, pageOf, pageQuery } from '../lists/pages.ts'
import { nextRound, temporalUnavailable } from './redelivery.ts'
import { route } from '../http/route.ts'

const tag = 'Deliveries'

const listSchema = z.strictObject({ ...pageQuery, ...deliveryQueryFields })

const redeliveredSchema = z.object({
  id: z.string(),
  workflow: z.string(),
  warnings: z.array(z.object({ code: z.string(), detail: z.string() })).optional(),
})

export const deliveryRoutes = [
  route({
    method: 'get',
    path: '/v1/deliveries',
    operationId: 'listDeliveries',
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
        lead: deliveryLead(call.caller.tenant, call.query),
      }),
  }),
  route({
    method: 'get',
    path: '/v1/deliveries/{id}',
    operationId: 'getDelivery',
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
    operationId: 'redeliver',
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
      const { event: id, type, subject } = row
      const of = { tenant, id, type, subject, webhook }
      const { workflow } = await temporal
        .redeliver({ delivery, tenant, by: call.caller.keyId, round }, { n, of })
        .catch(temporalUnavailable)
      await recordChange(call, { action: 'delivery.redelivered', resource: delivery })
      const event = { type, createdAtMs: row.createdAt.getTime() }
      const warning = staleLinksWarning(event, call.deps.now())
      const warnings = warning && { warnings: [warning] }
      return { status: 202, body: { id: delivery, workflow, ...warnings } }
    },
  }),
]
