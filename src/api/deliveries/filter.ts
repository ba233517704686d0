import { z } from 'zod'
import { deliveryStateSchema } from './shape.ts'
import { several } from '../input/several.ts'
import { timeRangeQuery } from '../input/time-range.ts'
import { wholeNumber } from '../input/whole-number.ts'

/** What a delivery can be told by; a list takes several of each. */
const told = {
  state: deliveryStateSchema,
  webhook: z.string().min(1).max(64),
  event: z.string().min(1).max(128),
  type: z.string().min(1).max(128),
  statusClass: z.enum(['1xx', '2xx', '3xx', '4xx', '5xx']),
  code: z.string().min(1).max(64),
}

/** What deliveries can be chosen by, under the same names in lists and replays. An empty text never means “any”. */
export const deliveryFilterFields = {
  ...timeRangeQuery,
  state: told.state.optional(),
  webhook: told.webhook.optional(),
  event: told.event.optional(),
  type: told.type.optional(),
  subject: z.string().min(1).max(256).optional(),
  status: wholeNumber(100, 999).optional(),
  statusClass: told.statusClass.optional(),
  code: told.code.optional().meta({ description: 'Of the last attempt or the reason.' }),
  attempts: wholeNumber(0, Number.MAX_SAFE_INTEGER)
    .optional()
    .meta({ description: 'At least this many.' }),
}

/** The same as the parameters of a list. */
export const deliveryQueryFields = {
  ...deliveryFilterFields,
  state: several(told.state),
  webhook: several(told.webhook),
  event: several(told.event),
  type: several(told.type),
  statusClass: several(told.statusClass),
  code: several(told.code),
}

const deliveryFilterSchema = z.strictObject(deliveryFilterFields)
const deliveryQuerySchema = z.strictObject(deliveryQueryFields)
export type DeliveryFilter = z.output<typeof deliveryFilterSchema>
/** A filter that may name several values of a field. */
export type DeliveryChoice = {
  [Field in keyof DeliveryFilter]:
    DeliveryFilter[Field] | z.output<typeof deliveryQuerySchema>[Field]
}
