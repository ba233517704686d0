import { type Model, Schema } from 'mongoose'
import type {
  Format,
  RateLimit,
  Schedule,
  Signature,
  SuccessRule,
  Target,
  WebhookState,
} from '../delivery/types.ts'

export type Secret = { value: string; createdAt: Date; expiresAt?: Date }

export type WebhookDocument = {
  _id: string
  tenant: string
  name: string
  description?: string
  events: string[]
  filter?: string
  target: Target
  format: Format
  signature: Signature
  success: SuccessRule
  retry: Schedule
  rateLimit: RateLimit | null
  concurrency: number
  state: WebhookState
  /** Why it is paused or disabled. */
  stateReason?: { code: string; detail: string; at: Date }
  /** The last event for which its filter failed. */
  filterError?: { detail: string; at: Date; event: string }
  /** Newest first; all that have not expired sign. */
  secrets: Secret[]
  /** Counts the changes; the ETag. */
  version: number
  createdAt: Date
  updatedAt: Date
  /** Kept as a tombstone, so that open deliveries learn that they are cancelled. */
  deletedAt?: Date
}

const mixed = Schema.Types.Mixed
export const webhookSchema = new Schema<WebhookDocument>(
  {
    _id: { type: String, required: true },
    tenant: { type: String, required: true },
    name: { type: String, required: true },
    description: String,
    events: { type: [String], required: true },
    filter: String,
    target: { type: mixed, required: true },
    format: { type: String, required: true },
    signature: { type: mixed, required: true },
    success: { type: String, required: true },
    retry: { type: mixed, required: true },
    rateLimit: { type: mixed, default: null },
    concurrency: { type: Number, required: true },
    state: { type: String, required: true },
    stateReason: mixed,
    filterError: mixed,
    secrets: { type: mixed, required: true },
    version: { type: Number, required: true },
    createdAt: { type: Date, required: true },
    updatedAt: { type: Date, required: true },
    deletedAt: Date,
  },
  { collection: 'webhooks', versionKey: false, minimize: false, autoIndex: false },
)
webhookSchema.index({ tenant: 1, _id: 1 })

/** Disables a webhook for good, unless somebody changed its state before; its open deliveries end at their next check. */
export async function disableWebhook(
  webhooks: Model<WebhookDocument>,
  id: string,
  stateReason: NonNullable<WebhookDocument['stateReason']>,
): Promise<void> {
  await webhooks.updateOne(
    { _id: id, state: 'active' },
    { $set: { state: 'disabled', stateReason, updatedAt: stateReason.at }, $inc: { version: 1 } },
  )
}
