import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { type CatalogueType, EVENT_TYPE_STATUSES } from './types.ts'

const seedTypes = z.array(
  z.strictObject({
    name: z.string(),
    guideName: z.string().optional(),
    description: z.string(),
    status: z.enum(EVENT_TYPE_STATUSES),
    schema: z.record(z.string(), z.unknown()),
    example: z.record(z.string(), z.unknown()),
  }),
)

/**
 * The event types that come with herald, by wire name; every tenant has them until it changes or deletes them: those of
 * the spektr guide, and what herald tells operators (docs/operator-events.md).
 */
export const SEED_TYPES: ReadonlyMap<string, CatalogueType> = new Map(
  seedTypes
    .parse(JSON.parse(readFileSync(new URL('seed-types.json', import.meta.url), 'utf8')))
    .map((type) => [type.name, type]),
)
