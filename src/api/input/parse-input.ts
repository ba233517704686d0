import { z } from 'zod'
import { ApiError, ERRORS_MAX, type FieldError } from '../http/errors.ts'
import { nearestName } from './nearest-name.ts'

/** Parses a request body. Throws `validation_failed` (422) with a JSON pointer for each wrong field. */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  throw validationError(fieldErrors(schema, parsed.error, ''))
}

/** Parses query parameters. Throws `query_invalid` (400). */
export function parseQuery<T>(schema: z.ZodType<T>, query: unknown): T {
  const parsed = schema.safeParse({ ...(query as Record<string, unknown>) })
  if (parsed.success) return parsed.data
  const errors = fieldErrors(schema, parsed.error, '/query')
  throw new ApiError('query_invalid', summary(errors), { errors })
}

/** The 422 for these fields; its detail is the first of them. */
export function validationError(errors: FieldError[]): ApiError {
  return new ApiError('validation_failed', summary(errors), { errors })
}

/** Zod's issues as pointers with a did-you-mean for unknown names; those that an answer has room for. */
export function fieldErrors(schema: z.ZodType, error: z.ZodError, base: string): FieldError[] {
  const errors: FieldError[] = []
  for (const issue of error.issues) {
    const left = ERRORS_MAX - errors.length
    if (left <= 0) break
    if (issue.code === 'unrecognized_keys') {
      const names = namesAt(schema, issue.path)
      const at = pointer(base, issue.path)
      errors.push(...unknownNames(issue.keys.slice(0, left), { at, names }))
    } else
      errors.push({
        pointer: pointer(base, issue.path),
        detail: detailOf(issue),
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

/** RFC 6901. */
function pointer(base: string, path: readonly PropertyKey[]): string {
  const escape = (key: PropertyKey) => String(key).replaceAll('~', '~0').replaceAll('/', '~1')
  return base + path.map((key) => `/${escape(key)}`).join('')
}

function summary(errors: FieldError[]): string {
  const [first] = errors
  return first ? `${first.pointer || 'The body'}: ${first.detail}` : 'The request is wrong.'
}

function isMissing(issue: z.core.$ZodIssue): boolean {
  return (
    (issue.code === 'invalid_type' || issue.code === 'invalid_value') &&
    issue.message.endsWith('received undefined')
  )
}

function codeOf(issue: z.core.$ZodIssue): string {
  if (isMissing(issue)) return 'required'
  if (issue.code === 'custom' && typeof issue.params?.['code'] === 'string')
    return issue.params['code']
  return issue.code
}

function detailOf(issue: z.core.$ZodIssue): string {
  if (isMissing(issue)) return 'is required'
  if (issue.code === 'invalid_union' && 'options' in issue)
    return `must be one of ${(issue.options as unknown[]).join(', ')}`
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? issue.message
  return issue.message
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
