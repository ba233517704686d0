import type { PipelineStage } from 'mongoose'
import { z } from 'zod'
import { deliveryConditions } from '../../models/deliveries/conditions.ts'
import { deliveryLead } from '../../models/deliveries/lead.ts'
import { ledBy, unsaid } from '../../models/lead.ts'
import { timeRange } from '../../models/time-range.ts'
import { route } from '../http/route.ts'
import { deliveryQueryFields } from './filter.ts'

/** To count further would read more than anybody needs to know. */
const COUNTED_MAX = 10_000
/** A filter that no index serves looks at so many of the latest. */
const LOOKED_AT_MAX = 100_000

export const countRoutes = [
  route({
    method: 'get',
    path: '/v1/deliveries/count',
    operationId: 'countDeliveries',
    summary: 'How many of the latest 100,000 deliveries a filter chooses',
    tag: 'Deliveries',
    role: 'viewer',
    query: z.strictObject(deliveryQueryFields),
    responses: {
      200: {
        description: 'Their number',
        schema: z
          .object({
            count: z.number().int(),
            more: z.boolean().meta({ description: 'There are more; only so many are counted.' }),
          })
          .meta({ id: 'DeliveryCount' }),
      },
    },
    handle: async ({ deps, caller, query }) => {
      const { tenant } = caller
      const lead = deliveryLead(tenant, query)
      const others = unsaid(deliveryConditions(query), lead.where)
      const createdAt = timeRange(query)
      const among = ledBy(lead, createdAt ? { createdAt } : {}, [{ tenant }])
      const isLeft = Object.keys(others).some((field) => field !== 'createdAt')
      const [found] = await deps.models.deliveries
        .aggregate<{ count: number }>([
          { $match: among },
          ...(isLeft ? amongNewest(others) : []),
          { $limit: COUNTED_MAX + 1 },
          { $count: 'count' },
        ])
        .exec()
      const count = Math.min(found?.count ?? 0, COUNTED_MAX)
      return { status: 200, body: { count, more: (found?.count ?? 0) > count } }
    },
  }),
]

/** What no index answers is looked for among the newest only. */
function amongNewest(conditions: object): PipelineStage[] {
  return [{ $sort: { createdAt: -1 } }, { $limit: LOOKED_AT_MAX }, { $match: conditions }]
}
