import { OPEN_STATES } from '../delivery/types.ts'
import { recordChange } from './audit.ts'
import { findDelivery } from './delivery-routes.ts'
import { deliverySummarySchema, deliveryView } from './delivery-view.ts'
import { ApiError } from './errors.ts'
import { type Call, route } from './route.ts'

const REASON = { code: 'cancelled', detail: 'A person cancelled its remaining attempts.' }

/** Ends the row if it is still owed; a request that is under way goes on, and its success counts. */
async function cancelRow({ deps, params, caller }: Call<unknown, unknown>): Promise<boolean> {
  const at = new Date(deps.now())
  const result = await deps.models.deliveries.updateOne(
    { _id: params.id, tenant: caller.tenant, state: { $in: [...OPEN_STATES] } },
    {
      $set: { state: 'cancelled', reason: REASON, finishedAt: at, updatedAt: at },
      $unset: { dueAt: 1, open: 1 },
    },
  )
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
      void call.deps.temporal.wake(workflowsOf(before))
      return { status: 200, body: deliveryView(call.deps, await findDelivery(call)) }
    },
  }),
]

/** Where an activity may wait for this row: its own workflow, and that of the redelivery that began its round. */
function workflowsOf({ _id, workflow, round }: { _id: string; workflow: string; round: number }) {
  return round === 1 ? [workflow] : [workflow, `redeliver/${_id}/round-${round}`]
}
