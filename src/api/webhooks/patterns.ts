import { SEED_TYPES } from '../../catalogue/seed-types.ts'

/** The names that the spektr guide uses, and the type on the wire (docs/event-types.md). */
const WIRE_TYPES: ReadonlyMap<string, string> = new Map(
  [...SEED_TYPES.values()].map(({ guideName, name }) => [guideName ?? name, name]),
)

/** A webhook's patterns with the guide's names replaced by wire types, each once. */
export function wirePatterns(patterns: readonly string[]): string[] {
  return [...new Set(patterns.map((pattern) => WIRE_TYPES.get(pattern) ?? pattern))]
}
