import { createContext, Script } from 'node:vm'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import type { JsonSchema, SchemaFault } from './types.ts'

const FAULTS_MAX = 10
const TEXT_MAX = 160
/** Keywords with which a small schema can take long over a small value. */
const COSTLY = /"(?:pattern|patternProperties|uniqueItems|\$ref|\$dynamicRef)":/

/** Milliseconds that costly schemas may still take, for all values that share the budget. */
type TimeBudget = { leftMs: number }
/** What of a value does not fit, at most ten faults. Never throws. */
export type CompiledSchema = (value: unknown, budget: TimeBudget) => SchemaFault[]

/** An ajv for one schema, so that an `$id` collides with no other one's; it never loads anything. */
export function newAjv(): Ajv2020 {
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    validateSchema: false,
    inlineRefs: false,
    logger: false,
  })
  formats.default(ajv)
  return ajv
}

/** A schema made ready. Throws where it refers to what is not in it. */
export function compileSchema(schema: JsonSchema): CompiledSchema {
  const validate = newAjv().compile(schema)
  const isCostly = COSTLY.test(JSON.stringify(schema))
  return (value, budget) => {
    try {
      const fits = isCostly ? limited(() => validate(value), budget) : validate(value)
      return fits ? [] : schemaFaults(validate)
    } catch {
      const detail = 'could not be checked: the schema takes too long or recurses without end'
      return [{ pointer: '', detail, code: 'schema_too_costly' }]
    }
  }
}

/** ajv's errors as pointers and sentences, each place and sentence once. */
export function schemaFaults({ errors }: Pick<ValidateFunction, 'errors'>): SchemaFault[] {
  const faults = new Map<string, SchemaFault>()
  for (const error of errors ?? []) {
    if (faults.size === FAULTS_MAX) break
    const fault = { pointer: pointerOf(error), detail: cut(detailOf(error)), code: error.keyword }
    faults.set(`${fault.pointer} ${fault.detail}`, fault)
  }
  return [...faults.values()]
}

const sandbox = createContext({})
const script = new Script('run()')

/** V8 ends even a regular expression that backtracks for ever when the time of a script is over. */
function limited(run: () => boolean, budget: TimeBudget): boolean {
  if (budget.leftMs < 1) throw new RangeError('no time left')
  const began = performance.now()
  try {
    sandbox['run'] = run
    return script.runInContext(sandbox, { timeout: Math.ceil(budget.leftMs) }) as boolean
  } finally {
    budget.leftMs -= performance.now() - began
  }
}

function pointerOf({ instancePath, params }: ErrorObject): string {
  const names = params as Record<string, unknown>
  const member =
    names['missingProperty'] ?? names['additionalProperty'] ?? names['unevaluatedProperty']
  if (typeof member !== 'string') return cut(instancePath)
  return cut(`${instancePath}/${member.replaceAll('~', '~0').replaceAll('/', '~1')}`)
}

/** A sentence without any value of the event: it may be personal. */
function detailOf({ keyword, params, message }: ErrorObject): string {
  const given = params as Record<string, unknown>
  if (keyword === 'required') return 'is required'
  if (keyword === 'additionalProperties' || keyword === 'unevaluatedProperties')
    return 'is not known'
  if (keyword === 'type') return `must be ${[given['type']].flat().join(' or ')}`
  if (keyword === 'enum')
    return `must be one of ${(given['allowedValues'] as unknown[]).map((one) => JSON.stringify(one)).join(', ')}`
  if (keyword === 'const') return `must be ${JSON.stringify(given['allowedValue'])}`
  return message ?? 'does not fit'
}

function cut(text: string): string {
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX - 1)}…` : text
}
