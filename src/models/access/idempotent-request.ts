import { Schema } from 'mongoose'
import type { SealedText } from '../../vault/sealed-text.ts'

/** A request with an Idempotency-Key. Nothing of it is in clear: only who sent it can ask for it again (decision 0020). */
export type IdempotentRequestDocument = {
  /** HMAC of the tenant and the Idempotency-Key under the caller's credential, hex. */
  _id: string
  /** HMAC of the method, address and body, so that another request is told apart. */
  request: string
  /** Random; another one where it was begun anew, so that only the last one's answer is kept. */
  turn: string
  begunAt: Date
  /** MongoDB deletes it some time after this. */
  expiresAt: Date
  /** Absent while the request is under way. */
  answer?: SealedText
}

export const idempotentRequestSchema = new Schema<IdempotentRequestDocument>(
  {
    _id: { type: String, required: true },
    request: { type: String, required: true },
    turn: { type: String, required: true },
    begunAt: { type: Date, required: true },
    expiresAt: { type: Date, required: true },
    answer: Schema.Types.Mixed,
  },
  { collection: 'idempotent_requests', versionKey: false, autoIndex: false },
)
idempotentRequestSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 })
