import { type Model, Schema } from 'mongoose'
import type { CatalogueType, EventTypeStatus } from '../catalogue/types.ts'

export type EventTypeDocument = {
  /** `tenant/name` */
  _id: string
  tenant: string
  name: string
  guideName?: string | undefined
  description: string
  status: EventTypeStatus
  /** JSON text: field names of MongoDB may not begin with `$` everywhere, and keywords do. */
  schemaJson?: string | undefined
  exampleJson?: string | undefined
  createdAt: Date
  updatedAt: Date
  /** Counts the changes; the ETag. */
  version: number
  /** Kept as a tombstone, so that a seed type that was deleted does not come back. */
  deletedAt?: Date | undefined
}

export const eventTypeSchema = new Schema<EventTypeDocument>(
  {
    _id: { type: String, required: true },
    tenant: { type: String, required: true },
    name: { type: String, required: true },
    guideName: String,
    description: { type: String, default: '' },
    status: { type: String, required: true },
    schemaJson: String,
    exampleJson: String,
    createdAt: { type: Date, required: true },
    updatedAt: { type: Date, required: true },
    version: { type: Number, required: true },
    deletedAt: Date,
  },
  { collection: 'event_types', versionKey: false, autoIndex: false },
)
eventTypeSchema.index({ tenant: 1, name: 1 })

/** Where a tenant's type is the same: the key of its document. */
export function eventTypeKey(tenant: string, name: string): string {
  return `${tenant}/${name}`
}

/** The fields of a document that say what the type is. */
export function typeFields(
  type: CatalogueType,
): Pick<EventTypeDocument, 'guideName' | 'description' | 'status' | 'schemaJson' | 'exampleJson'> {
  const { guideName, description, status, schema, example } = type
  return {
    ...(guideName !== undefined && { guideName }),
    description,
    status,
    ...(schema !== undefined && { schemaJson: JSON.stringify(schema) }),
    ...(example !== undefined && { exampleJson: JSON.stringify(example) }),
  }
}

/** Stores the type unless the tenant has one of this name or has deleted it. */
export async function insertMissing(
  eventTypes: Model<EventTypeDocument>,
  tenant: string,
  type: CatalogueType,
  now: Date,
): Promise<void> {
  const fields = { tenant, name: type.name, ...typeFields(type) }
  await eventTypes.updateOne(
    { _id: eventTypeKey(tenant, type.name) },
    { $setOnInsert: { ...fields, version: 1, createdAt: now, updatedAt: now } },
    { upsert: true },
  )
}
