import { Schema } from 'mongoose'
import type { DeliveryFilter } from '../../api/deliveries/filter.ts'

export const REPLAY_STATES = ['running', 'paused', 'cancelled', 'completed'] as const
type ReplayState = (typeof REPLAY_STATES)[number]

/** A bulk redelivery by filter. Its state here is what counts; its workflow reads it before everything that it sends. */
export type ReplayDocument = {
  _id: string
  tenant: string
  state: ReplayState
  /** As it was asked for; what it takes had this state at `createdAt`. */
  filter: DeliveryFilter
  /** Also events that never had a delivery for the filter's webhook. */
  missing: boolean
  /** Also deliveries that were delivered. */
  force: boolean
  /** Deliveries a second. */
  rate: number
  /** Deliveries that the filter chose when the replay was asked for. */
  selected: number
  /** Of those, handed over to be sent; only ever grows. */
  sent: number
  /** Id of the API key that asked for it. */
  by: string
  createdAt: Date
  updatedAt: Date
  finishedAt?: Date
}

export const replaySchema = new Schema<ReplayDocument>(
  {
    _id: { type: String, required: true },
    tenant: { type: String, required: true },
    state: { type: String, required: true },
    filter: { type: Schema.Types.Mixed, required: true },
    missing: { type: Boolean, required: true },
    force: { type: Boolean, required: true },
    rate: { type: Number, required: true },
    selected: { type: Number, required: true },
    sent: { type: Number, required: true },
    by: { type: String, required: true },
    createdAt: { type: Date, required: true },
    updatedAt: { type: Date, required: true },
    finishedAt: Date,
  },
  { collection: 'replays', versionKey: false, minimize: false, autoIndex: false },
)
replaySchema.index({ tenant: 1, createdAt: -1, _id: -1 })
