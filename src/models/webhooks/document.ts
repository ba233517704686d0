import { Schema } from 'mongoose'
import type { OperatorEventData, OperatorEventType } from '../../delivery/operator-events.ts'
import type {
  AutoDisable,
  Format,
  RateLimit,
  Schedule,
  Signature,
  SuccessRule,
  Target,
  WebhookState,
} from '../../delivery/types.ts'

export type Secret = { value: string; createdAt: Date; expiresAt?: Date }

/** What the worker counts; absent while all is well. */
export type WebhookHealth = {
  /** End of the first failed attempt after the last success or change, and failed attempts since. */
  since?: Date
  attempts?: number
  /** The last write of the count, so that it is not made twice. */
  flush?: string
  /** What operators were told last; until the first success. `streak` is the `since` that it was about. */
  alarm?: { type: 'failing' | 'disabled'; at: Date; streak: Date; attempts: number }
}

/** What herald has to say of a change of its own: stored with the change, removed once it is said. */
export type Notice = {
  /** Of the event. */
  id: string
  type: OperatorEventType
  at: Date
  data: OperatorEventData
  /** No event: the change came from a failure to deliver one. */
  isSilent: boolean
  audit?: { id: string; action: string; after: object }
}

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
  /** null: never; absent: the default. */
  autoDisable?: AutoDisable | null
  state: WebhookState
  /** Why it is paused or disabled. */
  stateReason?: { code: string; detail: string; at: Date }
  /** The last event for which its filter failed. */
  filterError?: { detail: string; at: Date; event: string }
  health?: WebhookHealth
  /** Why nothing can be sent, as it was read; never stored. */
  fault?: { code: 'secrets_unreadable'; detail: string }
  /** Not said yet. */
  notices?: Notice[]
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
    autoDisable: mixed,
    state: { type: String, required: true },
    stateReason: mixed,
    filterError: mixed,
    health: mixed,
    notices: { type: mixed, default: undefined },
    secrets: { type: mixed, required: true },
    version: { type: Number, required: true },
    createdAt: { type: Date, required: true },
    updatedAt: { type: Date, required: true },
    deletedAt: Date,
  },
  { collection: 'webhooks', versionKey: false, minimize: false, autoIndex: false },
)
webhookSchema.index({ tenant: 1, _id: 1 })
// few are paused or disabled, and these are counted
webhookSchema.index({ state: 1 })
