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
  'skipped',
  'delivered',
] as const satisfies DeliveryState[]
/** Deliveries of a page of events that are counted here; where there are more, MongoDB counts. */
const COUNTED_HERE = 2_000

/** How far an event has come over all its deliveries. */
export const progressFields = {
  state: deliveryStateSchema.nullable().meta({
    description:
      'Of the least finished delivery, so `delivered` says that all are; null: no webhook matched.',
  }),
  counts: z
    .partialRecord(deliveryStateSchema, z.number().int())
    .meta({ description: 'All its deliveries by state.' }),
}
export type Counts = Partial<Record<DeliveryState, number>>
type Progress = { state: DeliveryState | null; counts: Counts }

/** From what is stored of its deliveries: the row of one is stored with the answer to its first attempt. */
export function progressOf(
  { webhooks }: Pick<EventDocument, 'webhooks'>,
  stored: Counts,
): Progress {
  const rows = Object.values(stored).reduce((sum, count) => sum + count, 0)
  const waiting = webhooks.length - rows
  const counts = waiting > 0 ? added(stored, 'pending', waiting) : stored
  return { state: BY_PROGRESS.find((state) => counts[state]) ?? null, counts }
}

type Counted = Pick<DeliveryDocument, 'event' | 'state'> & { count?: number }

/** The stored deliveries of each of these events, by state. */
export async function storedCounts(
  { models }: Pick<ApiDependencies, 'models'>,
  tenant: string,
  events: string[],
): Promise<Map<string, Counts>> {
  const ofThese = { tenant, event: { $in: events } }
  let rows: Counted[] = await models.deliveries
    .find(ofThese, { _id: 0, event: 1, state: 1 })
    .limit(COUNTED_HERE + 1)
    .lean<Counted[]>()
    .exec()
  if (rows.length > COUNTED_HERE)
    rows = await models.deliveries.aggregate<Counted>([
      { $match: ofThese },
      { $group: { _id: { event: '$event', state: '$state' }, count: { $sum: 1 } } },
      { $project: { _id: 0, event: '$_id.event', state: '$_id.state', count: 1 } },
    ])
  return countsByEvent(rows)
}

/** What these deliveries of some events come to, by event and state. */
export function countsByEvent(rows: Counted[]): Map<string, Counts> {
  const counts = new Map<string, Counts>()
  for (const { event, state, count = 1 } of rows)
    counts.set(event, added(counts.get(event) ?? {}, state, count))
  return counts
}

function added(counts: Counts, state: DeliveryState, count: number): Counts {
  return { ...counts, [state]: (counts[state] ?? 0) + count }
}
