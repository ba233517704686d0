import { Schema } from 'mongoose'

/** What a person said of the failures of one webhook with one code. */
export type ProblemMarkDocument = {
  /** Of the problem. */
  _id: string
  tenant: string
  webhook: string
  code: string
  state: 'acknowledged' | 'resolved'
  at: Date
  /** The API key. */
  by: string
  /** It is forgotten after that, so that what fails months later is new. */
  purgeAt: Date
}

export const problemMarkSchema = new Schema<ProblemMarkDocument>(
  {
    _id: { type: String, required: true },
    tenant: { type: String, required: true },
    webhook: { type: String, required: true },
    code: { type: String, required: true },
    state: { type: String, required: true },
    at: { type: Date, required: true },
    by: { type: String, required: true },
    purgeAt: { type: Date, required: true },
  },
  { collection: 'problemmarks', versionKey: false, autoIndex: false },
)
problemMarkSchema.index({ tenant: 1, at: -1 })
problemMarkSchema.index({ purgeAt: 1 }, { expireAfterSeconds: 0 })
