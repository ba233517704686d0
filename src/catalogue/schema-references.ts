import { tooManyValues, VALUES_MAX } from './schema-cost.ts'
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
 * that it uses are among its `$defs`. A component that is not there is a fault, and so are more values than a schema may have.
 */
export function importedSchema(
  schema: JsonSchema,
  from: { pointer: string; document: Record<string, unknown>; faults: SchemaFault[] },
): JsonSchema {
  if ('$id' in schema) return schema
  const own = fragment(from.pointer)
  const components = new Components(schema, from)
  const local = (ref: string): string => {
    if (ref === own || ref.startsWith(`${own}/`)) return `#${ref.slice(own.length)}`
    const [, key, rest = ''] = COMPONENT.exec(ref) ?? []
    const name = key === undefined ? undefined : components.nameOf(key, ref)
    return name === undefined ? ref : `#/$defs/${name}${rest}`
  }
  const count = { left: VALUES_MAX }
  const moved = withReferences(schema, local, count)
  const added: JsonSchema = {}
  // each may name further ones
  for (const [name, component] of components.used)
    if (count.left > 0) added[name] = withReferences(component, local, count)
  if (count.left <= 0) from.faults.push({ ...tooManyValues(VALUES_MAX), pointer: from.pointer })
  if (components.used.size === 0) return moved
  return { ...moved, $defs: { ...objectAt(moved, '$defs'), ...added } }
}

/** The components of a document that a schema uses, under the names that they get among its `$defs`. */
class Components {
  readonly used = new Map<string, JsonSchema>()
  private readonly names = new Map<string, string>()
  private readonly taken: Set<string>
  private readonly all: Record<string, unknown>
  private readonly faulty: (ref: string) => void

  constructor(
    schema: JsonSchema,
    from: { pointer: string; document: Record<string, unknown>; faults: SchemaFault[] },
  ) {
    this.taken = new Set(Object.keys(objectAt(schema, '$defs')))
    this.all = objectAt(objectAt(from.document, 'components'), 'schemas')
    this.faulty = (ref) => {
      const detail = `refers to ${ref.slice(0, 200)}, which is not in the document`
      from.faults.push({ pointer: from.pointer, detail, code: 'ref_missing' })
    }
  }

  /** Undefined, and a fault, where there is no such component. */
  nameOf(key: string, ref: string): string | undefined {
    const known = this.names.get(key)
    if (known !== undefined) return known
    const component = Object.hasOwn(this.all, key) ? this.all[key] : undefined
    if (typeof component !== 'object' || component === null) {
      this.faulty(ref)
      return undefined
    }
    const name = this.taken.has(key) ? `components.${key}` : key
    this.names.set(key, name)
    this.used.set(name, component as JsonSchema)
    return name
  }
}

/** A pointer as a URI fragment (RFC 6901, 6). */
function fragment(pointer: string): string {
  return `#${pointer.split('/').map(encodeURIComponent).join('/')}`
}

function objectAt(value: Record<string, unknown>, key: string): Record<string, unknown> {
  const member = value[key]
  return typeof member === 'object' && member !== null ? (member as Record<string, unknown>) : {}
}

/** A copy in which every reference is replaced; it ends where no value is left. */
function withReferences(
  schema: JsonSchema,
  replace: (ref: string) => string,
  count = { left: Infinity },
): JsonSchema {
  const visit = (node: unknown): unknown => {
    count.left -= 1
    if (typeof node !== 'object' || node === null || count.left <= 0) return node
    if (Array.isArray(node)) return node.map(visit)
    return Object.fromEntries(
      Object.entries(node).map(([key, member]: [string, unknown]) => {
        const isRef = (key === '$ref' || key === '$dynamicRef') && typeof member === 'string'
        return [key, isRef ? replace(member) : visit(member)]
      }),
    )
  }
  return visit(schema) as JsonSchema
}
