export const EVENT_TYPE_STATUSES = ['available', 'wip', 'deprecated'] as const
export type EventTypeStatus = (typeof EVENT_TYPE_STATUSES)[number]

export type JsonSchema = { [keyword: string]: unknown }

/** What the catalogue says about one event type. */
export type CatalogueType = {
  /** The `type` on the wire. */
  name: string
  /** What the guide of the seed system calls it. */
  guideName?: string | undefined
  description: string
  status: EventTypeStatus
  /** JSON Schema 2020-12 of the event's `data`; nothing is checked without one. */
  schema?: JsonSchema | undefined
  /** One `data` that fits the schema. */
  example?: unknown
}

/** What does not fit: an RFC 6901 pointer from the value, and the keyword of the schema as code. */
export type SchemaFault = { pointer: string; detail: string; code: string }
