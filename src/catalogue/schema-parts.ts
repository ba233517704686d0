import type { JsonSchema } from './types.ts'

export const text = { type: 'string' }
export const textOrNull = { type: ['string', 'null'] }

/** An object in which these members must be there; others may be. */
export function objectOf(
  properties: Record<string, JsonSchema>,
  optional: Record<string, JsonSchema> = {},
): JsonSchema {
  return {
    type: 'object',
    properties: { ...properties, ...optional },
    required: Object.keys(properties),
  }
}
