import { threads } from '../threads/pool.ts'
import { TOO_COSTLY } from './compiled-schema.ts'
import { tooManyValues, VALUES_MAX, valuesIn } from './schema-cost.ts'
import type { CatalogueType, SchemaFault } from './types.ts'

const BYTES_MAX = 65_536
const DEPTH_MAX = 48
/** What making a schema ready may take; one that takes longer would hold up events. */
const CHECK_MS = 3_000
/** What a thread needs beside that: its first schema, and the example. */
const GRACE_MS = 2_000

/**
 * What is wrong about a type's schema and example, with pointers from the type; empty if nothing is. `owner` is who asks.
 * Nothing of it takes the event loop's time, whatever they hold. Throws only where no thread can be started.
 */
export async function checkType(
  { schema, example }: Pick<CatalogueType, 'schema' | 'example'>,
  owner: string,
): Promise<SchemaFault[]> {
  const sizes = [...sizeFaults('/schema', schema), ...sizeFaults('/example', example)]
  if (sizes.length > 0 || schema === undefined) return sizes
  const values = valuesIn(schema)
  if (values > VALUES_MAX) return [{ ...tooManyValues(values), pointer: '/schema' }]
  const input = { schema, ...(example !== undefined && { example }) }
  const outcome = await threads.run('checkSchema', {
    input,
    owner,
    limitMs: CHECK_MS,
    graceMs: GRACE_MS,
  })
  return outcome.kind === 'done' ? outcome.value : [{ ...TOO_COSTLY, pointer: '/schema' }]
}

function sizeFaults(pointer: string, value: unknown): SchemaFault[] {
  if (value === undefined) return []
  if (depthOf(value) > DEPTH_MAX)
    return [{ pointer, detail: `must have at most ${DEPTH_MAX} levels`, code: 'too_deep' }]
  if (Buffer.byteLength(JSON.stringify(value)) > BYTES_MAX)
    return [{ pointer, detail: `must have at most ${BYTES_MAX} bytes`, code: 'too_big' }]
  return []
}

/** Levels of nesting, counted no further than the limit. */
function depthOf(value: unknown, depth = 0): number {
  if (typeof value !== 'object' || value === null || depth > DEPTH_MAX) return depth
  return Object.values(value).reduce<number>(
    (deepest, member) => Math.max(deepest, depthOf(member, depth + 1)),
    depth + 1,
  )
}
