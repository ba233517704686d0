import { createInterface } from 'node:readline/promises'
import { StartFailure } from './failure.ts'

/** Asks before data is removed. Throws StartFailure where nobody can be asked; `yes` needs no asking. */
export async function confirmReset(
  dataDir: string,
  { yes, signal }: { yes: boolean; signal: AbortSignal },
): Promise<boolean> {
  if (yes) return true
  if (!process.stdin.isTTY)
    throw new StartFailure(
      `--reset removes all data in ${dataDir}. Nobody can be asked here; add --yes to do it.`,
    )
  const prompt = createInterface({ input: process.stdin, output: process.stdout, terminal: false })
  try {
    const answer = await prompt.question(`Remove all data in ${dataDir}? y/N `, { signal })
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    prompt.close()
  }
}
