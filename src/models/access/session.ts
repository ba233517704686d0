import { Schema } from 'mongoose'

/** A console session: who logged in with which API key, whose role and tenant hold for it. */
export type SessionDocument = {
  /** SHA-256 of the cookie's value, hex. */
  _id: string
  /** Id of the API key; revoking it ends the session. */
  key: string
  createdAt: Date
  /** MongoDB deletes it some time after this. */
  expiresAt: Date
}

export const sessionSchema = new Schema<SessionDocument>(
  {
    _id: { type: String, required: true },
    key: { type: String, required: true },
    createdAt: { type: Date, required: true },
    expiresAt: { type: Date, required: true },
  },
  { collection: 'sessions', versionKey: false, autoIndex: false },
)
sessionSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 })
