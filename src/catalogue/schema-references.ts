import type { JsonSchema, SchemaFault } from './types.ts'

const COMPONENT = /^#\/components\/schemas\/([^/]+)(.*)$/

/** RFC 6901: the pointer of a member. */
export function childPointer(pointer: string, key: string): string {
  return `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** The schema for a place in a document: its references begin at the document's root. One with an `$id` stays as it is. */
export function exportedSchema(schema: JsonSchema, pointer: string): JsonSchema {
  if ('$id' in schema) return schema
  return withReferences(schema, (ref) =>
    ref === '#' || ref.startsWith('#/') ? fragment(pointer) + ref.slice(1) : ref,
  )
}

/**
 * The schema at a place of a document as one that stands alone: its references begin at itself, and the components
 * that it uses are among its `$defs`. A component that is not there is a fault.
 */
export function importedSchema(
  schema: JsonSchema,
  from: { pointer: string; document: Record<string, unknown>; faults: SchemaFault[] },
): JsonSchema {
  if ('$id' in schema) return schema
  const own = fragment(from.pointer)
  const taken = new Set(Object.keys(objectAt(schema, '$defs')))
  const components = objectAt(objectAt(from.document, 'components'), 'schemas')
  const names = new Map<string, string>()
  const added: JsonSchema = {}
  const local = (ref: string): string => {
    if (ref === own || ref.startsWith(`${own}/`)) return `#${ref.slice(own.length)}`
    const [, key, rest = ''] = COMPONENT.exec(ref) ?? []
    if (key === undefined) return ref
    const known = names.get(key)
    if (known !== undefined) return `#/$defs/${known}${rest}`
    const component = components[key]
    if (typeof component !== 'object' || component === null) {
      const detail = `refers to ${ref}, which is not in the document`
      from.faults.push({ pointer: from.pointer, detail, code: 'ref_missing' })
      return ref
    }
    const name = taken.has(key) ? `components.${key}` : key
    names.set(key, name)
    added[name] = withReferences(component as JsonSchema, local)
    return `#/$defs/${name}${rest}`
  }
  const moved = withReferences(schema, local)
  if (names.size === 0) return moved
  return { ...moved, $defs: { ...objectAt(moved, '$defs'), ...added } }
}

/** A pointer as a URI fragment (RFC 6901, 6). */
function fragment(pointer: string): string {
  return `#${pointer.split('/').map(encodeURIComponent).join('/')}`
}

function objectAt(value: Record<string, unknown>, key: string): Record<string, unknown> {
  const member = value[key]
  return typeof member === 'object' && member !== null ? (member as Record<string, unknown>) : {}
}

/** A copy in which every reference is replaced. */
function withReferences(schema: JsonSchema, replace: (ref: string) => string): JsonSchema {
  const visit = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(visit)
    if (typeof node !== 'object' || node === null) return node
    return Object.fromEntries(
      Object.entries(node).map(([key, member]: [string, unknown]) => {
        const isRef = (key === '$ref' || key === '$dynamicRef') && typeof member === 'string'
        return [key, isRef ? replace(member) : visit(member)]
      }),
    )
  }
  return visit(schema) as JsonSchema
}
