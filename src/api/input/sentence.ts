import type { z } from 'zod'
import { nearestName } from './nearest-name.ts'

const TYPES: Record<string, string> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
  record: 'an object',
}
const FORMATS: Record<string, string> = {
  datetime: 'a time with its zone, such as 2026-01-05T09:00:00Z',
  date: 'a date, such as 2026-01-05',
}
const SIZES: Record<string, string> = { string: ' characters', array: ' elements' }
/** More names than that say nothing in a sentence. */
const NAMES_SHOWN = 20

/** What is wrong about a field, without its name; for every issue that a schema has no words for. */
export function sentenceOf(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is required' : wrongType(issue.expected, issue.input)
    case 'invalid_value':
      return oneOf(issue.values, issue.input)
    case 'invalid_union':
      return issue.discriminator === undefined
        ? 'has none of the forms that it may have'
        : oneOf(optionsOf(issue), Object(issue.input)[issue.discriminator])
    case 'too_small':
    case 'too_big':
      return outOfLimits(issue)
    case 'invalid_format':
      return `must be ${FORMATS[issue.format] ?? `like ${issue.pattern ?? issue.format}`}`
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`
    case 'invalid_key':
      return issue.issues[0]?.message ?? 'is not a name that may be used'
    case 'invalid_element':
    case 'unrecognized_keys':
    case 'custom':
    default:
      return 'is not what may stand here'
  }
}

/** The list of what may stand there, or the one that was probably meant of a long one. */
function oneOf(values: readonly unknown[], input: unknown): string {
  const names = values.map(String)
  const list = `${names.slice(0, NAMES_SHOWN).join(', ')}${names.length > NAMES_SHOWN ? ', …' : ''}`
  if (input === undefined) return `is required: ${names.length === 1 ? list : `one of ${list}`}`
  const meant = typeof input === 'string' ? nearestName(input, names) : undefined
  const hint = meant === undefined ? '' : `; did you mean “${meant}”?`
  return names.length === 1 ? `must be ${list}` : `must be one of ${list}${hint}`
}

function optionsOf(issue: object): readonly unknown[] {
  return 'options' in issue && Array.isArray(issue.options) ? issue.options : []
}

function wrongType(expected: string, input: unknown): string {
  const wanted = TYPES[expected] ?? 'something else'
  if (expected === 'int' && typeof input === 'number') return `must be ${wanted}`
  return `must be ${wanted}, not ${typeName(input)}`
}

function typeName(input: unknown): string {
  if (input === null) return 'null'
  if (typeof input === 'boolean') return String(input)
  return Array.isArray(input) ? 'an array' : (TYPES[typeof input] ?? 'something else')
}

function outOfLimits(
  issue: z.core.$ZodRawIssue<z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig>,
): string {
  const { origin, inclusive, input } = issue
  const isOver = issue.code === 'too_big'
  const limit = isOver ? issue.maximum : issue.minimum
  const unit = limit === 1 ? (SIZES[origin] ?? '').replace(/s$/, '') : (SIZES[origin] ?? '')
  if (!isOver && limit === 1 && unit !== '') return 'must not be empty'
  const verb = unit === '' ? 'be' : 'have'
  const bound = inclusive ? (isOver ? 'at most' : 'at least') : isOver ? 'less than' : 'more than'
  const size = typeof input === 'string' || Array.isArray(input) ? `; it has ${input.length}` : ''
  return `must ${verb} ${bound} ${limit}${unit}${unit === '' ? '' : size}`
}
