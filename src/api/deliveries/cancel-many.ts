import { z } from 'zod'
import { OPEN_STATES } from '../../delivery/types.ts'
import { deliveryConditions } from '../../models/deliveries/conditions.ts'
import { deliveryLead } from '../../models/deliveries/lead.ts'
import { ledBy } from '../../models/lead.ts'
import { type DeliveryDocument, workflowOf } from '../../models/deliveries/document.ts'
import { recordChange } from '../access/audit.ts'
import { type Call, route } from '../http/route.ts'
import { CANCELLED } from './cancel.ts'
import { deliveryFilterFields } from './filter.ts'

/** A call takes so many; it says whether there are more. */
const CALL_MAX = 500
const AT_ONCE = 20
/** All that cancelling needs of a row: bodies and logs are large. */
const ROW = { tenant: 1, event: 1, webhook: 1, carrier: 1, workflow: 1 } as const

const inputSchema = z
  .strictObject({
    filter: z
      .strictObject({ ...deliveryFilterFields, state: z.enum(OPEN_STATES).optional() })
      .refine((filter) => Object.keys(filter).length > 0, 'names nothing: choose by something')
      .meta({ description: 'As the parameters of GET /v1/deliveries; only open ones are taken.' }),
  })
  .meta({ id: 'CancelInput' })
type Input = z.output<typeof inputSchema>

async function cancelMany(call: Call<undefined, Input>) {
  const { deps, caller, body } = call
  const { tenant } = caller
  const { state = { $in: [...OPEN_STATES] }, ...conditions } = deliveryConditions(body.filter)
  const lead = deliveryLead(tenant, body.filter)
  const rows = await deps.models.deliveries
    .find(ledBy(lead, {}, [{ tenant, ...conditions, state }]), ROW)
    .sort({ createdAt: -1 })
    .limit(CALL_MAX + 1)
    .lean<DeliveryDocument[]>()
    .exec()
  const taken = rows.slice(0, CALL_MAX)
  const cancelled: DeliveryDocument[] = []
  try {
    for (let from = 0; from < taken.length; from += AT_ONCE)
      cancelled.push(...(await cancelSome(call, taken.slice(from, from + AT_ONCE))))
  } finally {
    await recordChange(call, {
      action: 'deliveries.cancelled',
      resource: 'deliveries',
      after: { filter: body.filter, cancelled: cancelled.length },
    })
  }
  return { cancelled: cancelled.length, more: rows.length > taken.length }
}

/** Those of these that were still open; their workflows learn of it at once. */
async function cancelSome({ deps }: Call<unknown, unknown>, rows: DeliveryDocument[]) {
  const ending = { reason: CANCELLED, at: new Date(deps.now()) }
  const became = await Promise.all(rows.map((row) => deps.changes.cancel(row, ending)))
  const ended = rows.filter((_row, index) => became[index] !== 'finished')
  await deps.temporal.wake([...new Set(ended.map(workflowOf))]).catch(() => undefined)
  return ended
}

export const cancelManyRoutes = [
  route({
    method: 'post',
    path: '/v1/deliveries/cancel',
    operationId: 'cancelDeliveries',
    summary: 'End the remaining attempts of what a filter chooses, newest first',
    tag: 'Deliveries',
    role: 'operator',
    body: inputSchema,
    nullMeans: 'refused',
    example: { filter: { webhook: 'wh_…', state: 'retrying' } },
    responses: {
      200: {
        description: 'What was cancelled by this call; ask again while there is more',
        schema: z
          .object({ cancelled: z.number().int(), more: z.boolean() })
          .meta({ id: 'Cancelled' }),
      },
    },
    handle: async (call) => ({ status: 200, body: await cancelMany(call) }),
  }),
]
