import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import type { JsonSchema, SchemaFault } from './types.ts'

const FAULTS_MAX = 10
/** Of ajv's errors, those that are looked at: one place can have any number of the same. */
const ERRORS_MAX = 200
const TEXT_MAX = 160

/** What of a value does not fit, at most ten faults. Throws where it recurses without end. */
export type CompiledSchema = (value: unknown) => SchemaFault[]

/** The fault of a value that could not be checked, or of a schema with which none can be. */
export const TOO_COSTLY: SchemaFault = {
  pointer: '',
  detail: 'could not be checked: the schema takes too long or recurses without end',
  code: 'schema_too_costly',
}

/** An ajv for one schema, so that an `$id` collides with no other one's; it never loads anything. */
export function newAjv({ allErrors = true } = {}): Ajv2020 {
  const ajv = new Ajv2020({
    strict: false,
    allErrors,
    validateSchema: false,
    inlineRefs: false,
    logger: false,
  })
  formats.default(ajv)
  return ajv
}

/**
 * A schema made ready; without `allErrors` it ends at the first fault. Throws where it refers to what is not in it. Both
 * steps take as long as schema and values make them.
 */
export function compileSchema(
  schema: JsonSchema,
  options?: { allErrors: boolean },
): CompiledSchema {
  const validate = newAjv(options).compile(schema)
  return (value) => (validate(value) ? [] : schemaFaults(validate))
}

/** ajv's errors as pointers and sentences, each place and sentence once. */
export function schemaFaults({ errors }: Pick<ValidateFunction, 'errors'>): SchemaFault[] {
  const faults = new Map<string, SchemaFault>()
  for (const error of (errors ?? []).slice(0, ERRORS_MAX)) {
    if (faults.size === FAULTS_MAX) break
    const fault = { pointer: pointerOf(error), detail: cut(detailOf(error)), code: error.keyword }
    faults.set(`${fault.pointer} ${fault.detail}`, fault)
  }
  return [...faults.values()]
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
