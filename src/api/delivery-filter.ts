import { z } from 'zod'
import { deliveryStateSchema } from './delivery-view.ts'
import { timeRangeQuery } from './time-range.ts'

/** What deliveries can be chosen by, under the same names in lists and replays. */
export const deliveryFilterFields = {
  ...timeRangeQuery,
  state: deliveryStateSchema.optional(),
  webhook: z.string().max(64).optional(),
  event: z.string().max(128).optional(),
  type: z.string().max(128).optional(),
  status: z.coerce.number().int().min(100).max(999).optional(),
  statusClass: z.enum(['1xx', '2xx', '3xx', '4xx', '5xx']).optional(),
  code: z.string().max(64).optional().meta({ description: 'Of the last attempt or the reason.' }),
  attempts: z.coerce.number().int().min(0).optional().meta({ description: 'At least this many.' }),
}

const deliveryFilterSchema = z.strictObject(deliveryFilterFields)
export type DeliveryFilter = z.output<typeof deliveryFilterSchema>
