import { parseArgs } from 'node:util'
import { z } from 'zod'

const schema = z.object({
  /** Of load and faults; draining and judging come after. */
  minutes: z.coerce.number().min(0.2).max(600).default(30),
  seed: z.coerce.number().int().min(0).default(1),
  /** Events a second. */
  rate: z.coerce.number().min(0.1).max(1_000).default(8),
  'one-origin': z.boolean().default(false),
  json: z.string().optional(),
})
export type SoakOptions = z.output<typeof schema>

/** What the command line says. Throws a ZodError or a TypeError that names what is wrong. */
export function soakOptions(): SoakOptions {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string' },
      seed: { type: 'string' },
      rate: { type: 'string' },
      'one-origin': { type: 'boolean' },
      json: { type: 'string' },
    },
  })
  return schema.parse(values)
}
