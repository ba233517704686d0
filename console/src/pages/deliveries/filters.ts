import { z } from 'zod'
import { DELIVERY_STATES } from '../../format/state.ts'
import { timeFilter } from '../../parts/filters.ts'

const states = Object.keys(DELIVERY_STATES) as [keyof typeof DELIVERY_STATES]

/** The filters of the API, under the same names, in the address of the page. */
export const deliveryFilters = z.object({
  state: z.enum(states).optional(),
  webhook: z.string().optional(),
  event: z.string().optional(),
  type: z.string().optional(),
  status: z
    .string()
    .regex(/^\d{3}$/)
    .optional(),
  statusClass: z.enum(['1xx', '2xx', '3xx', '4xx', '5xx']).optional(),
  code: z.string().optional(),
  attempts: z.string().regex(/^\d+$/).optional(),
  from: timeFilter,
  to: timeFilter,
  live: z.enum(['1']).optional(),
})
export type DeliveryFilters = z.output<typeof deliveryFilters>

/** What the API is asked with. */
export function queryOf({
  live: _live,
  ...query
}: DeliveryFilters): Record<string, string | undefined> {
  return query
}

/** The address of a page that does something to what these filters choose. */
export function searchOf(filters: DeliveryFilters): string {
  const given = Object.entries(queryOf(filters)).filter((one): one is [string, string] =>
    Boolean(one[1]),
  )
  return new URLSearchParams(given).toString()
}
