import type { Ended } from './run-program.ts'

export type Verdict = { result: 'passed' | 'failed' | 'skipped'; detail: string }

/** Passed where there is no fault; else they are what is told. */
export function faultless(faults: string[]): Promise<Verdict> {
  return Promise.resolve({
    result: faults.length === 0 ? 'passed' : 'failed',
    detail: faults.join('\n'),
  })
}

/** The verdict of a program: its notes where it passed, its last lines where it did not. */
export function verdictOf({ code, output, timedOut }: Ended): Verdict {
  const lines = output.trimEnd().split('\n')
  if (code === 0 && !timedOut) {
    const notes = lines.filter((line) =>
      /^(?:\S*(?:fuzz|skipped)|schemathesis|longest block): /.test(line),
    )
    return { result: 'passed', detail: notes.join('\n') }
  }
  const late = timedOut ? ['ended because it took too long'] : []
  return { result: 'failed', detail: [...lines.slice(-60), ...late].join('\n') }
}
