import { parseArgs } from 'node:util'
import { z } from 'zod'

const whole = (usual: number) => z.coerce.number().int().min(1).default(usual)
const optionsSchema = z.strictObject({
  /** Medians are of so many rounds. */
  rounds: whole(3),
  /** How long a load at one rate or with one number of connections lasts. */
  seconds: whole(12),
  /** What the scenario `store` puts into the database. */
  deliveries: whole(1_000_000),
  /** The most webhooks of one event in the scenario `fanout`. */
  widest: whole(5_000),
  mongo: z.enum(['default', 'fast']).optional(),
  peer: z.string().optional(),
  /** Where the results are written. */
  json: z.string().optional(),
})

export type Options = z.infer<typeof optionsSchema> & { names: string[] }

/** Reads the command line: names of scenarios and options. Throws where one is unknown or wrong. */
export function readOptions(args: string[]): Options {
  const text = { type: 'string' } as const
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      rounds: text,
      seconds: text,
      deliveries: text,
      widest: text,
      mongo: text,
      peer: text,
      json: text,
    },
  })
  return { ...optionsSchema.parse({ ...values }), names: positionals }
}
