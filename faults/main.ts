// How herald behaves when things die: faults/README.md.
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { thisMachine } from '../bench/report/machine.ts'
import { oneOf, seeded } from '../test/soak/random.ts'
import { caughtOf, type Caught } from './check/caught.ts'
import { mergeHistories } from './history.ts'
import { type Options, readOptions } from './options.ts'
import { combined, type Row } from './plan.ts'
import { faultsPage } from './report/page.ts'
import { readReport, type Report, type RowResult } from './report/results.ts'
import { lineOf, tableHead } from './report/table.ts'
import { runRow } from './run.ts'
import { buildHerald, startHeralds } from './service/herald.ts'
import { readPeer, startPeer } from './service/peer.ts'
import type { Service } from './service/service.ts'
import { ROWS } from './table.ts'

const PAGE = new URL('../docs/faults.md', import.meta.url)
/** What a change is looked at with: the kills, a restart, and a link that is down. */
const USUAL = ['F01', 'F02', 'F05', 'F07', 'F10', 'F13', 'F36']

/** The rows that were asked for. Throws where there is no such row. */
function chosen({ ids, all, seed, combined: count }: Options): Row[] {
  const drawn = Array.from({ length: count }, (_, nth) => `C${seed + nth}`)
  const wanted = all ? ROWS.map(({ id }) => id) : ids.length + count > 0 ? ids : USUAL
  return [...wanted, ...drawn].map((id) => {
    const row = /^C\d+$/.test(id) ? combined(Number(id.slice(1)), ROWS) : rowOf(id)
    if (!row) throw new Error(`There is no row ${id}: ${ROWS.map((one) => one.id).join(' ')} C<n>`)
    return row
  })
}
const rowOf = (id: string) => ROWS.find((row) => row.id === id)

/** Why a row can't be run on this machine, if so. */
function hindrance({ notHere, steps }: Row): string | undefined {
  const isDisk = steps.some(({ on }) => on.startsWith('disk'))
  return (
    notHere ?? (isDisk && process.getuid?.() !== 0 ? 'only root may mount a small disk' : undefined)
  )
}

function start(row: Row, { mongo, peer }: Options): Promise<Service> {
  if (peer) return readPeer(peer).then(startPeer)
  const on = new Set(row.steps.map((step) => step.on))
  return startHeralds({ roles: row.roles ?? ['all', 'all'], on, ...(mongo && { mongo }) })
}

async function run(row: Row, options: Options, kept: string): Promise<RowResult> {
  const { id, title } = row
  const { seed, seconds, rate } = options
  const why = hindrance(row) ?? (options.peer && (await readPeer(options.peer)).notHere)
  if (why) return { id, title, seed, notHere: why }
  const folder = join(kept, `${id}-${seed}`)
  await mkdir(folder)
  const service = await start(row, options)
  try {
    const outcome = await runRow(row, service, { ...options, folder })
    const isGood = outcome.valid && outcome.besides.length === 0
    await service.stop(isGood ? 'remove' : 'keep')
    return { id, title, seed, seconds, rate, outcome }
  } catch (error) {
    await service.stop('keep')
    return { id, title, seed, brokeOff: String(error) }
  }
}

async function runAll(options: Options): Promise<number> {
  const rows = chosen(options)
  const kept = options.histories ?? (await mkdtemp(join(tmpdir(), 'herald-fault-histories-')))
  await mkdir(kept, { recursive: true })
  if (!options.peer) buildHerald()
  const machine = await thisMachine(options.mongo)
  const results: RowResult[] = []
  console.log(`histories: ${kept}\n\n${tableHead()}`)
  for (const row of rows) {
    const result = await run(row, options, kept)
    results.push(result)
    console.log(lineOf(result))
    for (const broken of brokenOf(result)) console.error(`  ${broken}`)
    const found: Report = { measuredAt: new Date().toISOString(), machine, rows: results }
    if (options.json) await writeFile(options.json, `${JSON.stringify(found, null, 2)}\n`)
  }
  const bad = results.filter((result) => brokenOf(result).length > 0)
  for (const { id, seed } of bad) console.log(`again: npm run faults -- ${id} --seed ${seed}`)
  const caught = await plantedIn(results, options.seed)
  if (caught) printCaught(caught)
  return bad.length > 0 || (caught && caught.missed.length > 0) ? 1 : 0
}

/** Where a promise was broken: the first ten of each kind. */
function brokenOf({ outcome, brokeOff }: RowResult): string[] {
  if (!outcome) return brokeOff === undefined ? [] : [brokeOff]
  const wrong = Object.entries(outcome.wrong).flatMap(([kind, all]) =>
    all.slice(0, 10).map((one) => `${kind}: ${one}`),
  )
  return [...wrong, ...outcome.besides]
}

/** Breaks the first good history in every known way, to see whether the checker finds it. */
async function plantedIn(results: RowResult[], seed: number): Promise<Caught | undefined> {
  const good = results.find(({ outcome }) => outcome?.valid)?.outcome
  if (!good) return undefined
  const history = mergeHistories([await readFile(good.history, 'utf8')])
  const random = seeded(seed)
  return caughtOf(history, (all) => oneOf(random, all))
}

function printCaught({ caught, missed, left }: Caught): void {
  const count = caught.length + missed.length
  console.log(`planted breaks that the checker has found: ${caught.length} of ${count}`)
  for (const name of missed) console.log(`  not found: ${name}`)
  for (const name of left) console.log(`  fits nowhere in this history: ${name}`)
}

/** Makes docs/faults.md of what `--json` wrote. */
async function report(files: string[]): Promise<number> {
  const reports = []
  for (const file of files) reports.push(await readReport(file))
  await writeFile(PAGE, await faultsPage(reports))
  return 0
}

process.setMaxListeners(0) // every part of every row ends with this process
const options = readOptions(process.argv.slice(2))
process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143))
const [first, ...files] = options.ids
process.exit(first === 'report' ? await report(files) : await runAll(options))
