import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

const PROGRAM = fileURLToPath(new URL('check.py', import.meta.url))
const LARGEST_BYTES = 50 * 1_048_576

export const verdictSchema = z.object({
  valid: z.boolean(),
  /** Events that were answered 2xx; deliveries of them and others that a receiver answered 2xx. */
  acked: z.number(),
  delivered: z.number(),
  failed: z.number(),
  cancelled: z.number(),
  /** Events that were received and never answered 2xx. */
  recovered: z.number(),
  requests: z.number(),
  /** Duplicates that a fault explains. */
  explained: z.number(),
  /** From the end of a fault to the first success of an event that was published after it; the longest. */
  recoverySeconds: z.number().nullable(),
  /** Where a promise was broken, by its kind. */
  wrong: z.record(z.string(), z.array(z.string())),
})
export type Verdict = z.infer<typeof verdictSchema>

/** What check.py makes of the history in this file. Throws where it can't read it. */
export function check(file: string): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    execFile('python3', [PROGRAM, file], { maxBuffer: LARGEST_BYTES }, (error, stdout, stderr) => {
      if (error && error.code !== 1) reject(error)
      else if (!stdout) reject(new Error(stderr || 'check.py has said nothing'))
      else resolve(verdictSchema.parse(JSON.parse(stdout)))
    })
  })
}
