import { SEED_TYPES } from './seed-types.ts'

/** The names that the spektr guide uses, and the type on the wire (docs/event-types.md). */
const WIRE_TYPES: ReadonlyMap<string, string> = new Map(
  [...SEED_TYPES.values()].map(({ guideName, name }) => [guideName ?? name, name]),
)

/** The type on the wire of a name of the guide; any other name or pattern as it is. */
export function wireType(name: string): string {
  return WIRE_TYPES.get(name) ?? name
}
