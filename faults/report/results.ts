import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { verdictSchema } from '../check/check.ts'

const outcomeSchema = verdictSchema.extend({
  /** From the end of load and faults until nothing was owed; null where that did not come. */
  drainedSeconds: z.number().nullable(),
  /** By how much the largest process has grown over what the largest had before the load. */
  grownMib: z.number(),
  /** Of the machine, when the load ended: where it is far above the cores, herald reads answers late. */
  loadAverage: z.number(),
  /** What is wrong and is not in the history, such as a part that did not come back. */
  besides: z.array(z.string()),
  /** The file of its history. */
  history: z.string(),
})
const rowSchema = z.object({
  id: z.string(),
  title: z.string(),
  seed: z.number(),
  seconds: z.number().optional(),
  rate: z.number().optional(),
  notHere: z.string().optional(),
  /** Why there is no outcome of a run that began. */
  brokeOff: z.string().optional(),
  outcome: outcomeSchema.optional(),
})
/** A broken rule of herald, and what was found of it. */
const brokenSchema = z.object({
  name: z.string(),
  row: z.string(),
  seed: z.number(),
  as: z.string(),
  /** How many times it was found as that; 0: it was not caught. */
  found: z.number(),
})
const reportSchema = z.object({
  measuredAt: z.iso.datetime(),
  machine: z.record(z.string(), z.string()),
  rows: z.array(rowSchema).default([]),
  broken: z.array(brokenSchema).default([]),
})

/** What a run of a row has shown. */
export type Outcome = z.infer<typeof outcomeSchema>
export type RowResult = z.infer<typeof rowSchema>
export type BrokenResult = z.infer<typeof brokenSchema>
/** What one call of the harness found, as `--json` writes it. */
export type Report = z.infer<typeof reportSchema>

/** Reads what `--json` wrote. Throws where the file is none of these. */
export async function readReport(file: string): Promise<Report> {
  return reportSchema.parse(JSON.parse(await readFile(file, 'utf8')))
}
