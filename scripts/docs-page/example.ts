import type { Schema } from './schema.ts'

const FORMATS: Record<string, string> = {
  'date-time': '2026-01-05T09:00:00.000Z',
  date: '2026-01-05',
}
/** What a text of this format or name holds; elsewhere its name says enough. */
const TEXTS: Record<string, string> = {
  id: 'id_01kebz9n',
  events: 'customer_tag_*',
  event: 'evt_01kebz9n',
  webhook: 'wh_01kebz9n',
  delivery: 'dlv_01kebz9n',
  tenant: 'default',
  name: 'Tags to CRM',
  type: 'customer_tag_add',
  url: 'https://crm.example.com/hooks',
  timeout: '15s',
  interval: '1s',
  self: '/v1/…',
  code: 'http_5xx',
}
const DEEPEST = 8

/** A value that fits a schema of the document: what must be there, and no more. */
export function exampleOf(schema: Schema, schemas: Record<string, Schema>): unknown {
  return valueOf({ schema, schemas, name: '', depth: 0 })
}

type Place = { schema: Schema; schemas: Record<string, Schema>; name: string; depth: number }

function valueOf(place: Place): unknown {
  const { schema, schemas, depth } = place
  const inner = (next: Schema, name = place.name) =>
    valueOf({ schema: next, schemas, name, depth: depth + 1 })
  const named = schema.$ref && schemas[schema.$ref.split('/').at(-1) ?? '']
  if (named) return inner(named)
  const [option] = schema.oneOf ?? schema.anyOf ?? schema.allOf ?? []
  if (option) return inner(option)
  if (schema.default !== undefined) return schema.default
  if (schema.enum) return schema.enum[0]
  const [type] = [schema.type].flat()
  if (type === 'array')
    return schema.items && depth < DEEPEST ? [inner(schema.items, singular(place.name))] : []
  if (type === 'object')
    return Object.fromEntries(
      (schema.required ?? []).map((name) => [name, inner(schema.properties?.[name] ?? {}, name)]),
    )
  if (type === 'string') return textOf(schema, place.name)
  if (type === 'integer' || type === 'number') return schema.minimum ?? 1
  return type === 'boolean' ? true : null
}

function textOf({ format = '', minLength = 0 }: Schema, name: string): string {
  const text = FORMATS[format] ?? TEXTS[name] ?? (name || 'text')
  return text.padEnd(minLength, '…')
}

function singular(name: string): string {
  return name in TEXTS ? name : name.replace(/s$/, '')
}
