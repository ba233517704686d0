import { readFile } from 'node:fs/promises'
import { z } from 'zod'

const figuresSchema = z.record(z.string(), z.union([z.number(), z.array(z.number())]))
const rowSchema = z.object({
  name: z.string(),
  figures: figuresSchema,
  rounds: z.array(figuresSchema),
})
const resultSchema = z.object({ scenario: z.string(), says: z.string(), rows: z.array(rowSchema) })
const resultsSchema = z.object({
  measuredAt: z.iso.datetime(),
  command: z.string(),
  machine: z.record(z.string(), z.string()),
  results: z.array(resultSchema),
})

/** What one scenario found. */
export type Result = z.infer<typeof resultSchema>

/** What one run of the bench found, as `--json` writes it. */
export type Results = z.infer<typeof resultsSchema>

/** The text of a file of results. JSON has no NaN or Infinity; a figure that is one is left out. */
export function resultsText(results: Results): string {
  const isFinite = (value: unknown) => [value].flat().every((one) => Number.isFinite(one))
  const finite = (figures: Results['results'][number]['rows'][number]['figures']) =>
    Object.fromEntries(Object.entries(figures).filter(([, value]) => isFinite(value)))
  const written = results.results.map(({ rows, ...result }) => ({
    ...result,
    rows: rows.map(({ name, figures, rounds }) => {
      return { name, figures: finite(figures), rounds: rounds.map(finite) }
    }),
  }))
  return `${JSON.stringify({ ...results, results: written }, null, 2)}\n`
}

/** Reads what `--json` wrote. Throws where the file is none of these. */
export async function readResults(file: string): Promise<Results> {
  return resultsSchema.parse(JSON.parse(await readFile(file, 'utf8')))
}
