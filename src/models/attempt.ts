import { Schema } from 'mongoose'
import type { Timings } from '../delivery/types.ts'

/** One request to a receiver, or one that may have been made when its worker died (`unknown`). */
export type AttemptDocument = {
  /** `delivery/number`. */
  _id: string
  tenant: string
  delivery: string
  event: string
  webhook: string
  number: number
  startedAt: Date
  endedAt?: Date
  outcome: 'delivered' | 'failed' | 'unknown'
  code?: string
  detail?: string
  request?: { method: 'POST'; url: string; headers: Record<string, string> }
  response?: { status: number; headers: Record<string, string>; body: string; truncated: boolean }
  timings?: Timings
  nextAttemptAt?: Date
  /** When it may go, with its event. */
  purgeAt?: Date
}

const mixed = Schema.Types.Mixed
export const attemptSchema = new Schema<AttemptDocument>(
  {
    _id: { type: String, required: true },
    tenant: { type: String, required: true },
    delivery: { type: String, required: true },
    event: { type: String, required: true },
    webhook: { type: String, required: true },
    number: { type: Number, required: true },
    startedAt: { type: Date, required: true },
    endedAt: Date,
    outcome: { type: String, required: true },
    code: String,
    detail: String,
    request: mixed,
    response: mixed,
    timings: mixed,
    nextAttemptAt: Date,
    purgeAt: Date,
  },
  { collection: 'attempts', versionKey: false, autoIndex: false },
)
attemptSchema.index({ delivery: 1, number: 1 })
attemptSchema.index({ tenant: 1, startedAt: -1 })
attemptSchema.index({ purgeAt: 1 }, { expireAfterSeconds: 0, sparse: true })
