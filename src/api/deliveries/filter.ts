import { z } from 'zod'
import { deliveryStateSchema } from './shape.ts'
import { timeRangeQuery } from '../input/time-range.ts'
import { wholeNumber } from '../input/whole-number.ts'

/** What deliveries can be chosen by, under the same names in lists and replays. An empty text never means “any”. */
export const deliveryFilterFields = {
  ...timeRangeQuery,
  state: deliveryStateSchema.optional(),
  webhook: z.string().min(1).max(64).optional(),
  event: z.string().min(1).max(128).optional(),
  type: z.string().min(1).max(128).optional(),
  status: wholeNumber(100, 999).optional(),
  statusClass: z.enum(['1xx', '2xx', '3xx', '4xx', '5xx']).optional(),
  code: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .meta({ description: 'Of the last attempt or the reason.' }),
  attempts: wholeNumber(0, Number.MAX_SAFE_INTEGER)
    .optional()
    .meta({ description: 'At least this many.' }),
}

const deliveryFilterSchema = z.strictObject(deliveryFilterFields)
export type DeliveryFilter = z.output<typeof deliveryFilterSchema>
