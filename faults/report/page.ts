import { readdir } from 'node:fs/promises'
import { format } from 'prettier'
import { readPeer } from '../service/peer.ts'
import { ROWS } from '../table.ts'
import type { Row } from '../plan.ts'
import type { BrokenResult, Report, RowResult } from './results.ts'
import { lineOf, tableHead } from './table.ts'

const PEERS = new URL('../peers/', import.meta.url)

const HEAD = `# Faults

Made by \`npm run faults -- report FILE…\` from what \`npm run faults -- --all --json FILE\` found. Two heralds, Temporal, MongoDB, producer and receivers share the machine. [faults/README.md](../faults/README.md) says how it works and what is judged.

- Acked is events that were answered 2xx; delivered, deliveries that a receiver answered 2xx (one event may have several, and some are made to fail); lost, one that neither arrived nor has failed where everybody can see it.
- A duplicate is explained where herald was killed or stood still while the request was open or answered at most 10 ms before, or where the answer was lost on its way to herald. No other is.
- Corrupt: other bytes, a wrong id, a wrong signature, a hole in the numbers. Out of schedule: too early, too often, given up too soon, or after a cancellation.
- Recovery is the longest time from the end of a fault to the first delivery of an event that was published after it; a killed part begins to start at that moment. Drained is from the end of load and faults until nothing is owed. Memory is by how much the largest herald grew.
- Where the load average is far above the number of cores, herald reads answers late: a kill then finds more that it had not read or written than what came in the last 10 ms, and that shows as unexplained.
- Besides counts what no history shows, such as an exit code that is not 0.`

/** The Markdown of the page in docs: every result of these reports, and what has none with the reason. */
export async function faultsPage(reports: readonly Report[]): Promise<string> {
  const rows = reports.flatMap((report) => report.rows).filter(({ notHere }) => !notHere)
  const ran = rows.toSorted((a, b) => a.id.localeCompare(b.id))
  const left = ROWS.filter(({ id }) => !rows.some((row) => row.id === id))
  const { machine = {}, measuredAt = '' } = reports.at(-1) ?? {}
  const parts = Object.entries(machine).map(([name, value]) => `| ${name} | ${value} |`)
  const text = [
    HEAD,
    `Found on ${measuredAt.slice(0, 10)} with:`,
    ['| Part | |', '| --- | --- |', ...parts].join('\n'),
    [tableHead(), ...ran.map(lineOf)].join('\n'),
    '## To repeat a row',
    'With `--mongo fast` where MongoDB above is `mongod` or `secantusd-rs`.',
    ['| | |', '| --- | --- |', ...new Set(ran.map(commandLine))].join('\n'),
    ...brokenText(reports.flatMap(({ broken }) => broken)),
    '## Without a result',
    ['| | fault | |', '| --- | --- | --- |', ...left.map(leftLine)].join('\n'),
    '## Peers',
    await peersText(),
  ].join('\n\n')
  return format(`${text}\n`, { parser: 'markdown', printWidth: 100 })
}

function brokenText(broken: readonly BrokenResult[]): string[] {
  if (broken.length === 0) return []
  const caught = broken.filter(({ found }) => found > 0).length
  const lines = broken.map(
    ({ name, row, seed, as, found }) =>
      `| ${name} | ${row}, seed ${seed} | ${as} | ${found > 0 ? `${found} times` : '**no**'} |`,
  )
  return [
    '## What the checker finds',
    `Each of these rules of herald was broken in a copy of its build (\`npm run faults -- broken\`), and the row was run with that. Caught: ${caught} of ${broken.length}.`,
    [
      '| what is broken | row | is to be found as | found |',
      '| --- | --- | --- | --- |',
      ...lines,
    ].join('\n'),
  ]
}

const leftLine = ({ id, title, notHere = 'not run yet' }: Row) =>
  `| ${id} | ${title} | ${notHere} |`

const commandLine = ({ id, seed, seconds, rate }: RowResult) =>
  `| ${id} | \`npm run faults -- ${id} --seed ${seed} --seconds ${seconds} --rate ${rate}\` |`

async function peersText(): Promise<string> {
  const lines: string[] = []
  for (const file of (await readdir(PEERS)).toSorted()) {
    const { name, notHere } = await readPeer(new URL(file, PEERS).pathname)
    lines.push(
      `| ${name} | \`npm run faults -- F01 --peer faults/peers/${file}\` | ${notHere ?? ''} |`,
    )
  }
  return ['| | | |', '| --- | --- | --- |', ...lines].join('\n')
}
