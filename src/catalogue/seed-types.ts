import { CUSTOMER_TYPES } from './customer-types.ts'
import { OPERATOR_TYPES } from './operator-types.ts'
import { PROCESS_TYPES } from './process-types.ts'
import type { CatalogueType } from './types.ts'

/** The event types that come with herald, by wire name; every tenant has them until it changes or deletes them. */
export const SEED_TYPES: ReadonlyMap<string, CatalogueType> = new Map(
  [...PROCESS_TYPES, ...CUSTOMER_TYPES, ...OPERATOR_TYPES].map((type) => [type.name, type]),
)
