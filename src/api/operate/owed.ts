import { z } from 'zod'
import { countOwed } from '../../models/deliveries/owed.ts'
import { type Call, route } from '../http/route.ts'

const count = z.number().int()
export const owedSchema = z
  .object({
    pending: count,
    held: count.meta({ description: 'By rate limits.' }),
    retrying: count,
    more: z.boolean().meta({ description: 'There are more; only so many of a state are counted.' }),
    oldestAt: z.iso.datetime().nullable().meta({ description: 'When the oldest was created.' }),
  })
  .meta({ id: 'Owed' })

async function owed({ deps, caller }: Call<unknown, unknown>): Promise<z.input<typeof owedSchema>> {
  const { oldestMs, ...counts } = await countOwed(deps.models.deliveries, [caller.tenant])
  return { ...counts, oldestAt: oldestMs === undefined ? null : new Date(oldestMs).toISOString() }
}

export const owedRoutes = [
  route({
    method: 'get',
    path: '/v1/stats/owed',
    operationId: 'getOwed',
    summary: 'What is on its way and not delivered yet, and how old the oldest is',
    tag: 'Stats',
    role: 'viewer',
    query: z.strictObject({}),
    responses: { 200: { description: 'The counts', schema: owedSchema } },
    handle: async (call) => ({ status: 200, body: await owed(call) }),
  }),
]
