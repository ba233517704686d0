import { limited } from '../threads/time-limit.ts'
import {
  compileSchema,
  type CompiledSchema,
  newAjv,
  schemaFaults,
  TOO_COSTLY,
} from './compiled-schema.ts'
import { childPointer } from './schema-references.ts'
import type { JsonSchema, SchemaFault } from './types.ts'

const DIALECT = 'https://json-schema.org/draft/2020-12/schema'
/** What the example may take of the time, and a value for which every reference is followed. */
const EXAMPLE_MS = 100
/** Keywords whose value is data, in which `$ref` means nothing. */
const DATA_KEYWORDS = new Set(['const', 'enum', 'default', 'examples', 'example'])

export type Checkable = { schema: JsonSchema; example?: unknown }

let meta: ReturnType<typeof newAjv> | undefined

/**
 * For threads: what is wrong about a type's schema and example, with pointers from the type; empty if nothing is.
 * Throws TimeSpent.
 */
export function checkSchema(
  { schema, example }: Checkable,
  _shared: undefined,
  limitMs: number,
): SchemaFault[] {
  const readyMeta = metaSchema() // the first time it takes longer than any schema may
  const { faults, compiled } = limited(() => madeReady(schema, readyMeta), limitMs)
  if (!compiled) return faults.map((fault) => at('/schema', fault))
  if (example !== undefined) return tried(compiled, example).map((fault) => at('/example', fault))
  return tried(compiled, {})
    .filter(({ code }) => code === 'schema_too_costly')
    .map((fault) => at('/schema', fault))
}

function tried(compiled: CompiledSchema, value: unknown): SchemaFault[] {
  try {
    return limited(() => compiled(value), EXAMPLE_MS)
  } catch {
    return [TOO_COSTLY]
  }
}

function metaSchema(): ReturnType<typeof newAjv> {
  if (meta) return meta
  meta = newAjv()
  meta.validate(DIALECT, {})
  return meta
}

/** The JSON Schema 2020-12 made ready, or why it is none. */
function madeReady(
  schema: JsonSchema,
  dialect: ReturnType<typeof newAjv>,
): { faults: SchemaFault[]; compiled?: CompiledSchema } {
  const faults = [...dialectFaults(schema), ...remoteRefs(schema, '')]
  if (faults.length > 0) return { faults }
  if (!dialect.validate(DIALECT, schema)) return { faults: schemaFaults(dialect) }
  try {
    return { faults, compiled: compileSchema(schema) }
  } catch (error) {
    const detail = error instanceof Error ? error.message.slice(0, 200) : 'cannot be used'
    return { faults: [{ pointer: '', detail, code: 'schema_invalid' }] }
  }
}

function dialectFaults({ $schema }: JsonSchema): SchemaFault[] {
  if ($schema === undefined || $schema === DIALECT || $schema === `${DIALECT}#`) return []
  return [{ pointer: '/$schema', detail: `must be ${DIALECT}`, code: 'schema_dialect' }]
}

/** References to other documents: none is ever loaded. */
function remoteRefs(node: unknown, pointer: string): SchemaFault[] {
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([key, member]: [string, unknown]) => {
    const here = childPointer(pointer, key)
    const isRef = (key === '$ref' || key === '$dynamicRef') && typeof member === 'string'
    if (isRef && !member.startsWith('#'))
      return [{ pointer: here, detail: 'must stay in this schema (#…)', code: 'remote_ref' }]
    return DATA_KEYWORDS.has(key) ? [] : remoteRefs(member, here)
  })
}

function at(base: string, fault: SchemaFault): SchemaFault {
  return { ...fault, pointer: base + fault.pointer }
}
