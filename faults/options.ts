import { parseArgs } from 'node:util'
import { z } from 'zod'

const schema = z.strictObject({
  all: z.boolean().default(false),
  seed: z.coerce.number().int().min(0).default(1),
  /** Of load; it goes on for longer where the faults of a row do. */
  seconds: z.coerce.number().min(1).max(3_600).default(20),
  /** Events a second. */
  rate: z.coerce.number().min(0.1).max(1_000).default(25),
  /** So many rows of faults at once, drawn by the seed and those after it. */
  combined: z.coerce.number().int().min(0).default(0),
  mongo: z.enum(['default', 'fast']).optional(),
  peer: z.string().optional(),
  json: z.string().optional(),
  /** Where the histories are kept; a temporary folder if nothing is said. */
  histories: z.string().optional(),
})
export type Options = z.output<typeof schema> & { ids: string[] }

/** Reads the command line: ids of rows and options. Throws where one is unknown or wrong. */
export function readOptions(args: string[]): Options {
  const text = { type: 'string' } as const
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      all: { type: 'boolean' },
      seed: text,
      seconds: text,
      rate: text,
      combined: text,
      mongo: text,
      peer: text,
      json: text,
      histories: text,
    },
  })
  return { ...schema.parse({ ...values }), ids: positionals }
}
