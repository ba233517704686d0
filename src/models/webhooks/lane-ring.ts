import { type Model, Schema } from 'mongoose'
import type { Stamp } from '../../delivery/slot-rule.ts'
import { patiently } from '../patience.ts'

/** What is remembered of a webhook's rate limit, also while it has no lane. */
export type LaneRingDocument = {
  /** The webhook. */
  _id: string
  tenant: string
  /** Raised by each sender that takes the lane over: whoever holds an older one reserves nothing any more. */
  fence: number
  /** When the last requests were seen by the receiver at the latest; delivery/slot-rule.ts. */
  ring: number[]
  stamp?: Stamp
  /** The receiver asked for silence until then (429 with Retry-After). */
  pausedUntil?: Date
  updatedAt: Date
}

const mixed = Schema.Types.Mixed
export const laneRingSchema = new Schema<LaneRingDocument>(
  {
    _id: { type: String, required: true },
    tenant: { type: String, required: true },
    fence: { type: Number, required: true },
    ring: { type: mixed, required: true },
    stamp: mixed,
    pausedUntil: Date,
    updatedAt: { type: Date, required: true },
  },
  { collection: 'limiters', versionKey: false, autoIndex: false },
)

export type HeldRing = Pick<LaneRingDocument, '_id' | 'fence' | 'ring' | 'pausedUntil'> & {
  stamp: Stamp
}
/** Where the rings of lanes are kept. */
export type LaneRingStore = {
  /** Takes a lane over: every earlier sender of it is locked out from now on. */
  take: (lane: { tenant: string; webhook: string }) => Promise<LaneRingDocument>
  /** Stores the ring, durably before any request that it stands for; false where another sender took the lane over. */
  store: (held: HeldRing) => Promise<boolean>
  /** Whether nobody has taken the lane over since. */
  has: (lane: Pick<LaneRingDocument, '_id' | 'fence'>) => Promise<boolean>
}

/** The rings in MongoDB; as all writes, durable when they are answered. */
export function laneRingStore(laneRings: Model<LaneRingDocument>): LaneRingStore {
  return {
    take: ({ tenant, webhook }) =>
      patiently(() =>
        laneRings
          .findOneAndUpdate(
            { _id: webhook },
            {
              $inc: { fence: 1 },
              $setOnInsert: { tenant, ring: [] },
              $set: { updatedAt: new Date() },
            },
            { upsert: true, returnDocument: 'after', lean: true },
          )
          .orFail()
          .exec(),
      ),
    async store({ _id, fence, ...fields }) {
      const update = { $set: { ...fields, updatedAt: new Date() } }
      const result = await patiently(() => laneRings.updateOne({ _id, fence }, update))
      return result.matchedCount > 0
    },
    has: async ({ _id, fence }) =>
      (await patiently(() => laneRings.exists({ _id, fence }).exec())) !== null,
  }
}
