import type { Outcome, RowResult } from './results.ts'

const COLUMNS: [string, (outcome: Outcome) => string | number][] = [
  ['acked', ({ acked }) => acked],
  ['delivered', ({ delivered }) => delivered],
  ['lost', wrongOf('lost')],
  ['duplicated: explained', ({ explained }) => explained],
  ['unexplained', wrongOf('duplicated')],
  ['corrupt', wrongOf('corrupt', 'unexpected', 'numbers')],
  ['out of schedule', wrongOf('schedule', 'cancelled')],
  ['over the rate', wrongOf('rate')],
  ['recovery', ({ recoverySeconds: seconds }) => (seconds === null ? '–' : `${seconds} s`)],
  ['drained', ({ drainedSeconds: seconds }) => (seconds === null ? 'never' : `${seconds} s`)],
  ['memory', ({ grownMib }) => `+${grownMib} MiB`],
  ['load average', ({ loadAverage }) => loadAverage],
  ['besides', ({ besides }) => besides.length],
]

function wrongOf(...kinds: string[]) {
  return ({ wrong }: Outcome) => kinds.reduce((sum, kind) => sum + (wrong[kind]?.length ?? 0), 0)
}

/** The head of the table in Markdown. */
export function tableHead(): string {
  const names = ['', 'fault', 'seed', ...COLUMNS.map(([name]) => name)]
  return [names, names.map(() => '---')].map(line).join('\n')
}

/** The line of a row, or why it has none. */
export function lineOf({ id, title, seed, notHere, brokeOff, outcome }: RowResult): string {
  if (!outcome)
    return line([
      id,
      `${title}. No result: ${notHere ?? brokeOff ?? 'not asked for'}`,
      '',
      ...COLUMNS.map(() => ''),
    ])
  return line([id, title, seed, ...COLUMNS.map(([, of]) => of(outcome))])
}

const line = (cells: (string | number)[]) => `| ${cells.join(' | ')} |`
