import { Schema } from 'mongoose'
import type { EventEnvelope } from '../delivery/types.ts'

/** The event as it came, and what became of it. */
export type EventDocument = Omit<EventEnvelope, 'receivedAt'> & {
  /** `tenant/id`: one document an event, whoever stores it first. */
  _id: string
  receivedAt: Date
  /** By the clock of the process that stored it; absent on those of earlier versions. */
  storedAt?: Date
  /** The workflow that delivers it; no other one does. */
  workflow: string
  /** The matched webhooks, fixed when the event is stored; a re-run uses this set and never looks up again. */
  webhooks: string[]
  /** Those of them whose delivery was not sent at once: a process that dies has sent it to none of these. */
  later?: string[]
  /** Those of them whose filter failed for it, and how. */
  filterErrors?: { webhook: string; detail: string }[]
  /** True from the first delivery that succeeded. */
  delivered: boolean
  /** Other bytes that came under the same id and were not delivered. */
  conflicts?: { hash: string; at: Date }[]
  /** When it and all that belongs to it may go: set once nothing of it is owed (process/retention.ts). */
  purgeAt?: Date
}

/** The event as it came, without what became of it. */
export function envelopeOf(event: EventDocument): EventEnvelope {
  const { _id, workflow: _owner, webhooks: _set, delivered: _state, ...rest } = event
  const { filterErrors: _errors, later: _later, conflicts: _others, storedAt: _at, ...sent } = rest
  const { receivedAt, ...envelope } = sent
  return { ...envelope, receivedAt: receivedAt.toISOString() }
}

export const eventSchema = new Schema<EventDocument>(
  {
    _id: { type: String, required: true },
    tenant: { type: String, required: true },
    id: { type: String, required: true },
    type: { type: String, required: true },
    subject: String,
    reference: String,
    occurredAt: String,
    source: String,
    cloudEventId: String,
    dataContentType: String,
    receivedAt: { type: Date, required: true },
    storedAt: Date,
    context: String,
    data: { type: String, required: true },
    hash: { type: String, required: true },
    test: Boolean,
    onlyWebhook: String,
    validation: Schema.Types.Mixed,
    workflow: { type: String, required: true },
    webhooks: { type: [String], required: true },
    filterErrors: { type: Schema.Types.Mixed, default: undefined },
    later: { type: [String], default: undefined },
    delivered: { type: Boolean, required: true },
    conflicts: Schema.Types.Mixed,
    purgeAt: Date,
  },
  { collection: 'events', versionKey: false, autoIndex: false },
)
eventSchema.index({ tenant: 1, receivedAt: -1, _id: -1 })
eventSchema.index({ tenant: 1, type: 1, receivedAt: -1 })
eventSchema.index({ tenant: 1, subject: 1, receivedAt: -1 })
// not sparse: the sweep finds by it what has no date yet
eventSchema.index({ purgeAt: 1 }, { expireAfterSeconds: 0 })
