import { Schema } from 'mongoose'

export const VALIDATION_MODES = ['off', 'warn', 'reject'] as const
/** What becomes of an event that does not fit the schema of its type. */
export type ValidationMode = (typeof VALIDATION_MODES)[number]

/** The settings of one tenant; what nobody has set is as in DEFAULT_SETTINGS. */
export type SettingsDocument = {
  /** The tenant. */
  _id: string
  validation: ValidationMode
  /** Counts the changes; the ETag. */
  version: number
  updatedAt: Date
}

export const DEFAULT_SETTINGS = { validation: 'warn' } as const satisfies Partial<SettingsDocument>

export const settingsSchema = new Schema<SettingsDocument>(
  {
    _id: { type: String, required: true },
    validation: { type: String, required: true },
    version: { type: Number, required: true },
    updatedAt: { type: Date, required: true },
  },
  { collection: 'settings', versionKey: false, autoIndex: false },
)
