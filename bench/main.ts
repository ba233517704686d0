import { writeFile } from 'node:fs/promises'
import { type Options, readOptions } from './options.ts'
import { thisMachine } from './report/machine.ts'
import { performancePage } from './report/page.ts'
import { readResults, type Result, resultsText } from './report/results.ts'
import { tablesOf } from './report/table.ts'
import { FOR_PEERS, SCENARIOS, USUAL } from './scenarios/all.ts'

const PAGE = new URL('../docs/performance.md', import.meta.url)

/** Measures what was named, prints it, and writes it where `--json` says, after each scenario. */
async function measureAll({ names, json, ...run }: Options): Promise<void> {
  const wanted = chosen(names, run.peer !== undefined)
  const command = commandOf(process.argv.slice(2))
  const machine = await thisMachine(run.mongo)
  const measuredAt = new Date().toISOString()
  const results: Result[] = []
  for (const name of wanted) {
    const scenario = SCENARIOS[name]
    if (!scenario) continue
    console.error(`${name} …`)
    const { says } = scenario
    const rows = await scenario.measure(run)
    results.push({ scenario: name, says, rows })
    console.log(`### ${name}\n\n${says}\n\n${tablesOf(rows)}\n`)
    if (json !== undefined)
      await writeFile(json, resultsText({ measuredAt, command, machine, results }))
  }
}

/** The command as others can repeat it: where its results went says nothing. */
function commandOf(args: string[]): string {
  const said = args.filter((arg, place) => arg !== '--json' && args[place - 1] !== '--json')
  return ['npm run bench --', ...said].join(' ')
}

/** The names of the scenarios to run. Throws where there is no such scenario, or a peer can not take it. */
function chosen(names: string[], isPeer: boolean): string[] {
  const all = isPeer ? FOR_PEERS : Object.keys(SCENARIOS)
  if (names.length === 0) return USUAL.filter((name) => all.includes(name))
  if (names.includes('all')) return all
  const unknown = names.filter((name) => !all.includes(name))
  if (unknown.length > 0)
    throw new Error(`There is no bench ${unknown.join(', ')}; there is: ${all.join(', ')}, all.`)
  return names
}

/** Makes the page of figures in docs from files that `--json` wrote. */
async function report(files: string[]): Promise<void> {
  const all = []
  for (const file of files) all.push(await readResults(file))
  await writeFile(PAGE, await performancePage(all))
}

const options = readOptions(process.argv.slice(2))
const [first, ...files] = options.names
if (first === 'report') await report(files)
else await measureAll(options)
