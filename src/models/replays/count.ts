import { Schema } from 'mongoose'

/** What became of one chunk of a page; the rest of its deliveries is still under way. */
type ChunkCounts = { done: number; failed: number; passedOver: number }

/** What became of a page of a replay; apart from the page, which is large and is never changed. */
export type ReplayCountDocument = {
  /** That of the page. */
  _id: string
  replay: string
  /** Deliveries that were chosen but left out, since their webhook was not active. */
  passedOver?: number
  /** By the number of the chunk, from its first round on. */
  chunks?: Record<string, ChunkCounts>
}

const mixed = Schema.Types.Mixed
export const replayCountSchema = new Schema<ReplayCountDocument>(
  {
    _id: { type: String, required: true },
    replay: { type: String, required: true },
    passedOver: Number,
    chunks: mixed,
  },
  { collection: 'replay-counts', versionKey: false, autoIndex: false },
)
replayCountSchema.index({ replay: 1 })
