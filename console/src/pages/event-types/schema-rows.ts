export type SchemaRow = { path: string; type: string; isNeeded: boolean; description: string }
type Schema = {
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  format?: string
  description?: string
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
}

const DEEPEST = 6

/** The fields of an object schema, line by line; arrays as `name[]`. */
export function schemaRows(schema: unknown, base = '', depth = 0): SchemaRow[] {
  const { properties = {}, required = [] } = (schema ?? {}) as Schema
  if (depth > DEEPEST) return []
  return Object.entries(properties).flatMap(([name, field]) => {
    const isArray = field.items !== undefined
    const path = `${base}${name}${isArray ? '[]' : ''}`
    const row = {
      path,
      type: typeText(isArray ? (field.items ?? {}) : field),
      isNeeded: required.includes(name),
      description: field.description ?? '',
    }
    const inner = isArray ? field.items : field
    return [row, ...schemaRows(inner, `${path}.`, depth + 1)]
  })
}

function typeText({ type, enum: choices, const: only, format }: Schema): string {
  if (only !== undefined) return JSON.stringify(only)
  if (choices) return choices.map((choice) => JSON.stringify(choice)).join(' or ')
  const name = Array.isArray(type) ? type.join(' or ') : (type ?? 'anything')
  return format ? `${name}, ${format}` : name
}
