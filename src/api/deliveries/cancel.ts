import type { Reason } from '../../delivery/failure-codes.ts'
import { workflowOf } from '../../models/deliveries/document.ts'
import { recordChange } from '../access/audit.ts'
import { findDelivery } from './read.ts'
import { deliverySummarySchema, deliveryView } from './shape.ts'
import { ApiError } from '../http/errors.ts'
import { route } from '../http/route.ts'

/** Why a delivery is cancelled that a person cancels. */
export const CANCELLED: Reason = {
  code: 'cancelled',
  detail: 'A person cancelled its remaining attempts.',
}

export const cancelRoutes = [
  route({
    method: 'post',
    path: '/v1/deliveries/{id}/cancel',
    operationId: 'cancelDelivery',
    summary: 'End its remaining attempts; a request that is under way still counts',
    tag: 'Deliveries',
    role: 'operator',
    problems: [409],
    responses: { 200: { description: 'Cancelled', schema: deliverySummarySchema } },
    handle: async (call) => {
      const before = await findDelivery(call)
      const ending = { reason: CANCELLED, at: new Date(call.deps.now()) }
      if ((await call.deps.changes.cancel(before, ending)) === 'finished')
        throw new ApiError('delivery_finished', 'It is finished; there is nothing to cancel.')
      await recordChange(call, {
        action: 'delivery.cancelled',
        resource: before._id,
        before: { state: before.state, attempts: before.attempts },
        after: { state: 'cancelled', reason: CANCELLED },
      })
      void call.deps.temporal.wake([workflowOf(before)])
      return { status: 200, body: deliveryView(call.deps, await findDelivery(call)) }
    },
  }),
]
