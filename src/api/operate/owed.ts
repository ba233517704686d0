import { z } from 'zod'
import type { OPEN_STATES } from '../../delivery/types.ts'
import type { DeliveryDocument } from '../../models/deliveries/document.ts'
import { type Call, route } from '../http/route.ts'

const COUNTED_MAX = 10_000

type State = (typeof OPEN_STATES)[number]

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

async function owedIn({ deps, caller }: Call<unknown, unknown>, state: State) {
  const { deliveries } = deps.models
  const scope = { tenant: caller.tenant, state }
  const [counted, oldest] = await Promise.all([
    deliveries.countDocuments(scope).limit(COUNTED_MAX + 1),
    deliveries
      .findOne(scope, { createdAt: 1 })
      .sort({ createdAt: 1, _id: 1 })
      .lean<Pick<DeliveryDocument, 'createdAt'>>(),
  ])
  return { counted, oldestMs: oldest?.createdAt.getTime() ?? Infinity }
}

async function owed(call: Call<unknown, unknown>): Promise<z.input<typeof owedSchema>> {
  const [pending, held, retrying] = await Promise.all([
    owedIn(call, 'pending'),
    owedIn(call, 'held'),
    owedIn(call, 'retrying'),
  ])
  const all = [pending, held, retrying]
  const oldestMs = Math.min(...all.map((one) => one.oldestMs))
  return {
    pending: Math.min(pending.counted, COUNTED_MAX),
    held: Math.min(held.counted, COUNTED_MAX),
    retrying: Math.min(retrying.counted, COUNTED_MAX),
    more: all.some(({ counted }) => counted > COUNTED_MAX),
    oldestAt: Number.isFinite(oldestMs) ? new Date(oldestMs).toISOString() : null,
  }
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
