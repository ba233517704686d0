import { z } from 'zod'
import { ApiError, ERRORS_MAX, type FieldError } from '../http/errors.ts'
import { nearestName } from './nearest-name.ts'
import { type Nulls, read } from './read.ts'

/** Parses a request body. Throws `validation_failed` (422) with a JSON pointer for each wrong field. */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown, nullMeans?: Nulls): T {
  const parsed = read(schema, body, nullMeans)
  if (parsed.success) return parsed.data
  throw validationError(fieldErrors(schema, parsed.error, ''))
}

/** Parses query parameters. Throws `query_invalid` (400). */
export function parseQuery<T>(schema: z.ZodType<T>, query: unknown): T {
  const parsed = read(schema, { ...(query as Record<string, unknown>) })
  if (parsed.success) return parsed.data
  const errors = fieldErrors(schema, parsed.error, '/query').map(ofParameter)
  throw new ApiError('query_invalid', summaryOf(errors, 'parameters are'), { errors })
}

/** The 422 for these fields. */
export function validationError(errors: FieldError[]): ApiError {
  return new ApiError('validation_failed', summaryOf(errors, 'fields are'), { errors })
}

/** What a problem says of its errors: the one that there is, or how many; `of` such as `fields are`. */
export function summaryOf(errors: readonly FieldError[], of: string): string {
  const [first] = errors
  if (!first) return 'The request is wrong.'
  if (errors.length === 1) return `${first.pointer || 'The body'}: ${first.detail}`
  const count = errors.length < ERRORS_MAX ? errors.length : `At least ${ERRORS_MAX}`
  return `${count} ${of} invalid.`
}

/** A parameter is a text: what is wrong about one of its values is wrong about it. */
function ofParameter(error: FieldError): FieldError {
  return { ...error, pointer: error.pointer.split('/').slice(0, 3).join('/') }
}

/** Zod's issues as pointers with a did-you-mean for unknown names; those that an answer has room for. */
export function fieldErrors(schema: z.ZodType, error: z.ZodError, base: string): FieldError[] {
  const errors: FieldError[] = []
  for (const issue of error.issues.flatMap(ofItsOption)) {
    const left = ERRORS_MAX - errors.length
    if (left <= 0) break
    if (issue.code === 'unrecognized_keys') {
      const names = namesAt(schema, issue.path)
      const at = pointer(base, issue.path)
      errors.push(...unknownNames(issue.keys.slice(0, left), { at, names }))
    } else
      errors.push({
        pointer: pointer(base, issue.path),
        detail: issue.message,
        code: codeOf(issue),
      })
  }
  return errors
}

/** The errors of unknown members of the object at a pointer, where `names` are known; those that an answer has room for. */
export function unknownNames(
  keys: readonly string[],
  { at, names }: { at: string; names: readonly string[] },
): FieldError[] {
  return keys.slice(0, ERRORS_MAX).map((key) => unknownName(pointer(at, [key]), key, names))
}

/** An unknown name and the one that was probably meant. */
export function unknownName(at: string, name: string, names: readonly string[]): FieldError {
  const meant = nearestName(name, names)
  const hint = meant ? `did you mean “${meant}”?` : `known: ${names.join(', ')}`
  return {
    pointer: at,
    detail: `“${name.slice(0, 64)}” is not known; ${hint}`,
    code: 'unknown_field',
  }
}

/** The issues of the form that a value fits best, where it may have several: the one that got furthest. */
function ofItsOption(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue]
  const depth = (issues: z.core.$ZodIssue[]) => Math.max(...issues.map(({ path }) => path.length))
  const best = issue.errors.reduce((one, other) => (depth(other) > depth(one) ? other : one))
  return best.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }))
}

/** RFC 6901. */
function pointer(base: string, path: readonly PropertyKey[]): string {
  const escape = (key: PropertyKey) => String(key).replaceAll('~', '~0').replaceAll('/', '~1')
  return base + path.map((key) => `/${escape(key)}`).join('')
}

function codeOf(issue: z.core.$ZodIssue): string {
  if (issue.message.startsWith('is required')) return 'required'
  if (issue.code === 'custom' && typeof issue.params?.['code'] === 'string')
    return issue.params['code']
  return issue.code
}

/** The field names that the schema has at this path, over all options of a union. */
function namesAt(schema: unknown, path: readonly PropertyKey[]): string[] {
  const [key, ...rest] = path
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault
  )
    return namesAt(schema.unwrap(), path)
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((one) => namesAt(one, path))
  if (schema instanceof z.ZodArray) return namesAt(schema.element, rest)
  if (!(schema instanceof z.ZodObject)) return []
  const shape: Record<string, unknown> = schema.shape
  return key === undefined ? Object.keys(shape) : namesAt(shape[String(key)], rest)
}
