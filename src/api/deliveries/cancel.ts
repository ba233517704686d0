import { OPEN_STATES } from '../../delivery/types.ts'
import { finished } from '../../models/deliveries/updates.ts'
import { recordChange } from '../operate/audit.ts'
import { findDelivery } from './routes.ts'
import { deliverySummarySchema, deliveryView } from './view.ts'
import { ApiError } from '../http/errors.ts'
import { type Call, route } from '../http/route.ts'

const REASON = { code: 'cancelled', detail: 'A person cancelled its remaining attempts.' }

/** Ends the row if it is still owed; a request that is under way goes on, and its success counts. */
async function cancelRow({ deps, params, caller }: Call<unknown, unknown>): Promise<boolean> {
  const owed = { _id: params.id, tenant: caller.tenant, state: { $in: [...OPEN_STATES] } }
  const ending = finished({ state: 'cancelled', reason: REASON }, new Date(deps.now()))
  const result = await deps.models.deliveries.updateOne(owed, ending)
  return result.matchedCount > 0
}

export const cancelRoutes = [
  route({
    method: 'post',
    path: '/v1/deliveries/{id}/cancel',
    summary: 'End its remaining attempts; a request that is under way still counts',
    tag: 'Deliveries',
    role: 'operator',
    problems: [409],
    responses: { 200: { description: 'Cancelled', schema: deliverySummarySchema } },
    handle: async (call) => {
      const before = await findDelivery(call)
      if (!(await cancelRow(call)))
        throw new ApiError('delivery_finished', 'It is finished; there is nothing to cancel.')
      await recordChange(call, {
        action: 'delivery.cancelled',
        resource: before._id,
        before: { state: before.state, attempts: before.attempts },
        after: { state: 'cancelled', reason: REASON },
      })
      void call.deps.temporal.wake([before.carrier?.workflow ?? before.workflow])
      return { status: 200, body: deliveryView(call.deps, await findDelivery(call)) }
    },
  }),
]
