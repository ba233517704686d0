import type { Edit } from '../workflow-copy.ts'

/** A change of workflow code that running workflows cannot follow, and some of the histories that show it. */
export type BreakingChange = { what: string; edits: Edit[]; caughtBy: string[] }
export type HarmlessChange = Pick<BreakingChange, 'what' | 'edits'>

/** Edits of one file. */
export const inFile =
  (file: string) =>
  (...pairs: [from: string, to: string][]): Edit[] =>
    pairs.map(([from, to]) => ({ file, from, to }))
