import { compileSchema, newAjv, schemaFaults, type CompiledSchema } from './compiled-schema.ts'
import type { CatalogueType, JsonSchema, SchemaFault } from './types.ts'

const MAX_BYTES = 65_536
const MAX_DEPTH = 48
const DIALECT = 'https://json-schema.org/draft/2020-12/schema'
const EXAMPLE_MS = 100
/** Keywords whose value is data, in which `$ref` means nothing. */
const DATA_KEYWORDS = new Set(['const', 'enum', 'default', 'examples', 'example'])

/** What is wrong about a type's schema and example, with pointers from the type; empty if nothing is. */
export function checkType({ schema, example }: CatalogueType): SchemaFault[] {
  const sizes = [...sizeFaults('/schema', schema), ...sizeFaults('/example', example)]
  if (sizes.length > 0 || schema === undefined) return sizes
  const { faults, compiled } = checkSchema(schema)
  if (!compiled) return faults.map((fault) => at('/schema', fault))
  const budget = { leftMs: EXAMPLE_MS }
  if (example !== undefined) return compiled(example, budget).map((fault) => at('/example', fault))
  const endless = compiled({}, budget).filter(({ code }) => code === 'schema_too_costly')
  return endless.map((fault) => at('/schema', fault))
}

/** The JSON Schema 2020-12 made ready, or why it is none. */
function checkSchema(schema: JsonSchema): { faults: SchemaFault[]; compiled?: CompiledSchema } {
  const faults = [...dialectFaults(schema), ...remoteRefs(schema, '')]
  if (faults.length > 0) return { faults }
  const meta = newAjv()
  if (!meta.validate(DIALECT, schema)) return { faults: schemaFaults(meta) }
  try {
    return { faults, compiled: compileSchema(schema) }
  } catch (error) {
    const detail = error instanceof Error ? error.message.slice(0, 200) : 'cannot be used'
    return { faults: [{ pointer: '', detail, code: 'schema_invalid' }] }
  }
}

function sizeFaults(pointer: string, value: unknown): SchemaFault[] {
  if (value === undefined) return []
  if (depthOf(value) > MAX_DEPTH)
    return [{ pointer, detail: `must have at most ${MAX_DEPTH} levels`, code: 'too_deep' }]
  if (Buffer.byteLength(JSON.stringify(value)) > MAX_BYTES)
    return [{ pointer, detail: `must have at most ${MAX_BYTES} bytes`, code: 'too_big' }]
  return []
}

/** Levels of nesting, counted no further than the limit. */
function depthOf(value: unknown, depth = 0): number {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return depth
  return Object.values(value).reduce<number>(
    (deepest, member) => Math.max(deepest, depthOf(member, depth + 1)),
    depth + 1,
  )
}

function dialectFaults({ $schema }: JsonSchema): SchemaFault[] {
  if ($schema === undefined || $schema === DIALECT || $schema === `${DIALECT}#`) return []
  return [{ pointer: '/$schema', detail: `must be ${DIALECT}`, code: 'schema_dialect' }]
}

/** References to other documents: none is ever loaded. */
function remoteRefs(node: unknown, pointer: string): SchemaFault[] {
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([key, member]: [string, unknown]) => {
    const here = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
    const isRef = (key === '$ref' || key === '$dynamicRef') && typeof member === 'string'
    if (isRef && !member.startsWith('#'))
      return [{ pointer: here, detail: 'must stay in this schema (#…)', code: 'remote_ref' }]
    return DATA_KEYWORDS.has(key) ? [] : remoteRefs(member, here)
  })
}

function at(base: string, fault: SchemaFault): SchemaFault {
  return { ...fault, pointer: base + fault.pointer }
}
