import type { JsonSchema, SchemaFault } from './types.ts'

/** Objects, lists and plain values that a schema may have. */
export const VALUES_MAX = 5_000
/** Values of a schema (objects, lists and plain ones) that the event loop compiles: some 20 ms. */
const SMALL_VALUES = 150
/** Values of the schema times characters of the text: what the event loop checks, since each pair meets at most once. */
const SMALL_PRODUCT = 250_000
/** Keywords by which a value is looked at more than once, and formats that are regular expressions of any length. */
const REPEATING =
  /"(?:pattern|patternProperties|uniqueItems|\$ref|\$dynamicRef|\$recursiveRef)":|"format":(?!"(?:date-time|date|time|uuid|int32|int64|float|double)")/

export type SchemaCost = { values: number; isSmall: boolean }

/** How large a schema is, and whether checking is linear with it. Its levels must be few. */
export function costOf(schema: JsonSchema): SchemaCost {
  const values = valuesIn(schema)
  return { values, isSmall: values <= SMALL_VALUES && !REPEATING.test(JSON.stringify(schema)) }
}

/** Whether a text of so many characters is checked so quickly that the event loop can do it. */
export function isQuick({ values, isSmall }: SchemaCost, characters: number): boolean {
  return isSmall && values * characters <= SMALL_PRODUCT
}

/** The fault of a schema with so many values, or more. */
export function tooManyValues(values: number): SchemaFault {
  const detail = `has ${values} values or more; at most ${VALUES_MAX}: leave out what need not be checked, or make several types`
  return { pointer: '', detail, code: 'too_big' }
}

/** Objects, lists and plain values, at any depth. */
export function valuesIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1
  return Object.values(value).reduce<number>((sum, member) => sum + valuesIn(member), 1)
}
