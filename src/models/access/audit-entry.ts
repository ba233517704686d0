import { Schema } from 'mongoose'

/** Who changed what, and when; never a secret. */
export type AuditEntryDocument = {
  _id: string
  tenant: string
  at: Date
  /** Id of the API key that did it, or `herald`. */
  key: string
  action: string
  resource: string
  /** Absent where herald did it. */
  requestId?: string
  before?: unknown
  after?: unknown
}

/** The `key` of what herald did by itself. */
export const HERALD_KEY = 'herald'

const mixed = Schema.Types.Mixed
export const auditEntrySchema = new Schema<AuditEntryDocument>(
  {
    _id: { type: String, required: true },
    tenant: { type: String, required: true },
    at: { type: Date, required: true },
    key: { type: String, required: true },
    action: { type: String, required: true },
    resource: { type: String, required: true },
    requestId: String,
    before: mixed,
    after: mixed,
  },
  { collection: 'audit', versionKey: false, autoIndex: false, minimize: false },
)
auditEntrySchema.index({ tenant: 1, at: -1, _id: -1 })
// what is too old, of all tenants
auditEntrySchema.index({ at: 1 })
