import type { Model } from 'mongoose'
import { OPEN_STATES } from '../../delivery/types.ts'
import type { DeliveryDocument } from './document.ts'

/** So many of a state are counted; more would cost MongoDB more than the number tells. */
export const COUNTED_MAX = 10_000

type OpenState = (typeof OPEN_STATES)[number]

/** What is on its way and not delivered yet; `more` where there is more than was counted. */
export type Owed = Record<OpenState, number> & { more: boolean; oldestMs: number | undefined }

/** What is owed to these tenants, by state, and when the oldest was created. Reads keys of one index, few where few is owed. */
export async function countOwed(
  deliveries: Model<DeliveryDocument>,
  tenants: readonly string[],
): Promise<Owed> {
  const [first, ...others] = tenants
  const isOne = first !== undefined && others.length === 0
  const tenant = isOne ? first : { $in: [...tenants] }
  const states = await Promise.all(
    OPEN_STATES.map(async (state) => {
      const scope = { tenant, state }
      const [counted, oldest] = await Promise.all([
        deliveries.countDocuments(scope).limit(COUNTED_MAX + 1),
        deliveries
          .findOne(scope, { createdAt: 1 })
          .sort({ createdAt: 1, _id: 1 })
          .lean<Pick<DeliveryDocument, 'createdAt'>>(),
      ])
      return { state, counted, oldestMs: oldest?.createdAt.getTime() ?? Infinity }
    }),
  )
  const oldestMs = Math.min(...states.map((one) => one.oldestMs))
  const counts = states.map(({ state, counted }) => [state, Math.min(counted, COUNTED_MAX)])
  return {
    ...(Object.fromEntries(counts) as Record<OpenState, number>),
    more: states.some(({ counted }) => counted > COUNTED_MAX),
    oldestMs: Number.isFinite(oldestMs) ? oldestMs : undefined,
  }
}
