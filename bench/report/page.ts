import { format } from 'prettier'
import type { Results } from './results.ts'
import { tablesOf } from './table.ts'

const HEAD = `# Performance

Made by \`npm run bench -- report FILE…\` from what \`npm run bench -- --json FILE\` measured. Generator, receiver and all servers run on the same machine and share its cores; the generator's and the receiver's CPU is shown beside the others and is part of no sum.

- Several numbers in a cell are p50 / p95 / p99. Figures are medians of the rounds; of lost, duplicated, refused (503), failed and unsent events the worst round.
- Accepted is an event that was answered 202; lost, one that was accepted and not received within 60 s after the load; duplicated, a delivery that was answered 2xx more than once.
- Ack is from the post to the 202, accept→receipt from the 202 to the arrival at the receiver, post→receipt both. CPU is milliseconds an event of user and system time, from the first post to a second after the last receipt.
- A ratio (×) is to the other system of the same round.`

/** The Markdown of the page of figures in docs: a section for each machine, or choice of parts, that was measured. */
export function performancePage(all: Results[]): Promise<string> {
  const machines = new Map<string, Results[]>()
  for (const results of all) {
    const key = JSON.stringify(results.machine)
    machines.set(key, [...(machines.get(key) ?? []), results])
  }
  const text = [HEAD, ...[...machines.values()].map(machineSection)].join('\n\n')
  return format(`${text}\n`, { parser: 'markdown', printWidth: 100 })
}

function machineSection(all: Results[]): string {
  const machine = all[0]?.machine ?? {}
  const parts = Object.entries(machine).map(([name, value]) => `| ${name} | ${value} |`)
  return [
    `## With ${machine['MongoDB'] ?? 'no MongoDB'}`,
    ['| Part | |', '| --- | --- |', ...parts].join('\n'),
    ...all.flatMap(scenarioSections),
  ].join('\n\n')
}

function scenarioSections({ measuredAt, command, results }: Results): string[] {
  const how = `Measured on ${measuredAt.slice(0, 10)} by \`${command}\`.`
  return results.map(({ scenario, says, rows }) =>
    [`### ${scenario}`, says, how, tablesOf(rows)].join('\n\n'),
  )
}
