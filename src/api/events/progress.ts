import { z } from 'zod'
import type { DeliveryState } from '../../delivery/types.ts'
import type { DeliveryDocument } from '../../models/deliveries/document.ts'
import type { EventDocument } from '../../models/event.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { deliveryStateSchema } from '../deliveries/view.ts'

/** The least finished first: an event is in the first of these that one of its deliveries is in. */
const BY_PROGRESS = [
  'pending',
  'retrying',
  'held',
  'failed',
  'cancelled',
  'delivered',
  'skipped',
] as const satisfies DeliveryState[]

/** How far an event has come over all its deliveries. */
export const progressFields = {
  state: deliveryStateSchema
    .nullable()
    .meta({ description: 'Of the least finished delivery; null: no webhook matched.' }),
  counts: z
    .partialRecord(deliveryStateSchema, z.number().int())
    .meta({ description: 'All its deliveries by state.' }),
}
type Progress = {
  state: DeliveryState | null
  counts: Partial<Record<DeliveryState, number>>
}

/** `rows` are the first of its stored deliveries; where there may be more, all are counted. */
export async function progressOf(
  { models }: Pick<ApiDependencies, 'models'>,
  event: Pick<EventDocument, 'tenant' | 'id' | 'webhooks'>,
  { rows, isWhole }: { rows: Pick<DeliveryDocument, 'state'>[]; isWhole: boolean },
): Promise<Progress> {
  const counts: Progress['counts'] = {}
  const add = (state: DeliveryState, count: number) => {
    if (count > 0) counts[state] = (counts[state] ?? 0) + count
  }
  if (isWhole) for (const { state } of rows) add(state, 1)
  else
    for (const group of await models.deliveries.aggregate<{ _id: DeliveryState; count: number }>([
      { $match: { tenant: event.tenant, event: event.id } },
      { $group: { _id: '$state', count: { $sum: 1 } } },
    ]))
      add(group._id, group.count)
  const stored = Object.values(counts).reduce((sum, count) => sum + count, 0)
  // a row is stored with the answer to its first attempt
  add('pending', event.webhooks.length - stored)
  return { state: BY_PROGRESS.find((state) => counts[state]) ?? null, counts }
}
