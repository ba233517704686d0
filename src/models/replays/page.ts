import { Schema } from 'mongoose'
import type { ReplayItem } from '../../delivery/contract.ts'

/** Where a replay goes on reading: behind the row or event of this time and id. */
export type ReplayPosition = { at: Date; id: string }

/**
 * The next deliveries of a replay, oldest first, written before any of them is sent and never changed: whoever goes on
 * after a crash sends these, by the same workflow ids.
 */
export type ReplayPageDocument = {
  /** `replay/number`. */
  _id: string
  replay: string
  number: number
  /** Items of all earlier pages. */
  before: number
  items: ReplayItem[]
  /** Deliveries that were chosen but left out, since their webhook was not active. */
  passedOver: number
  /** Where the next page begins; null on the last one. */
  after: ReplayPosition | null
}

const mixed = Schema.Types.Mixed
export const replayPageSchema = new Schema<ReplayPageDocument>(
  {
    _id: { type: String, required: true },
    replay: { type: String, required: true },
    number: { type: Number, required: true },
    before: { type: Number, required: true },
    items: { type: mixed, required: true },
    passedOver: { type: Number, required: true },
    after: { type: mixed, default: null },
  },
  { collection: 'replay-pages', versionKey: false, minimize: false, autoIndex: false },
)

/** The key of a page, so that a page is written once. */
export function replayPageKey(replay: string, number: number): string {
  return `${replay}/${number}`
}
