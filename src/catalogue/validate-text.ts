import { limited, TimeSpent } from '../threads/time-limit.ts'
import { compileSchema, type CompiledSchema, TOO_COSTLY } from './compiled-schema.ts'
import type { JsonSchema, SchemaFault } from './types.ts'

/** What making a schema ready may take: more than when it was saved, since the machine may be busy. */
const COMPILE_MS = 5_000
/** What finding more faults than the first may take; so they are never so many that memory ends. */
const MORE_FAULTS_MS = 60
const REMEMBERED = 200

/** A schema made ready to find its first fault, and all of them, if it can be. */
type Ready = { first: CompiledSchema; all: () => CompiledSchema } | undefined
const ready = new Map<string, Ready>()

export type Validated = { faults: SchemaFault[]; tookMs: number }

/**
 * For threads: what of a value does not fit a schema, both as JSON text; at most ten faults, and how long it took without
 * making the schema ready. Throws TimeSpent where the first fault cannot be told in time.
 */
export function validateText(
  { schema, value }: { schema: string; value: string },
  _shared: undefined,
  limitMs: number,
): Validated {
  const checks = readyFor(schema)
  if (!checks) return { faults: [TOO_COSTLY], tookMs: 0 }
  const parsed: unknown = JSON.parse(value)
  const began = performance.now()
  const faults = faultsOf(checks, parsed, limitMs)
  return { faults, tookMs: performance.now() - began }
}

function faultsOf(checks: NonNullable<Ready>, value: unknown, limitMs: number): SchemaFault[] {
  let found: SchemaFault[]
  try {
    found = limited(() => checks.first(value), limitMs)
  } catch (error) {
    if (error instanceof TimeSpent) throw error
    return [TOO_COSTLY] // it recurses without end
  }
  if (found.length === 0) return found
  try {
    const all = checks.all()
    return limited(() => all(value), MORE_FAULTS_MS)
  } catch {
    return found
  }
}

function readyFor(text: string): Ready {
  if (ready.has(text)) return ready.get(text)
  const made = makeReady(text)
  ready.set(text, made)
  const [oldest] = ready.keys()
  if (ready.size > REMEMBERED && oldest !== undefined) ready.delete(oldest)
  return made
}

function makeReady(text: string): Ready {
  const schema = JSON.parse(text) as JsonSchema
  const compiled = (allErrors: boolean) =>
    limited(() => compileSchema(schema, { allErrors }), COMPILE_MS)
  try {
    const first = compiled(false)
    let all: CompiledSchema | undefined
    return { first, all: () => (all ??= compiled(true)) }
  } catch {
    return undefined
  }
}
