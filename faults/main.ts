// How herald behaves when things die: faults/README.md.
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { thisMachine } from '../bench/report/machine.ts'
import { oneOf, seeded } from '../test/soak/random.ts'
import { BROKEN_RULES, type BrokenRule } from './check/broken-rules.ts'
import { caughtOf, type Caught } from './check/caught.ts'
import { mergeHistories } from './history.ts'
import { type Options, readOptions } from './options.ts'
import { combined, type Row } from './plan.ts'
import { faultsPage } from './report/page.ts'
import { type BrokenResult, readReport, type Report, type RowResult } from './report/results.ts'
import { lineOf, tableHead } from './report/table.ts'
import { runRow } from './run.ts'
import { type Build, buildHerald, editedBuild } from './service/build.ts'
import { startHeralds } from './service/herald.ts'
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
  return [...wanted, ...drawn].map(rowOf)
}

/** Throws where there is no such row. */
function rowOf(id: string): Row {
  const isCombined = /^C\d+$/.test(id)
  const row = isCombined ? combined(Number(id.slice(1)), ROWS) : ROWS.find((one) => one.id === id)
  if (!row) throw new Error(`There is no row ${id}: ${ROWS.map((one) => one.id).join(' ')} C<n>`)
  return row
}

/** Why a row can't be run on this machine, if so. */
function hindrance({ notHere, steps }: Row): string | undefined {
  const isDisk = steps.some(({ on }) => on.startsWith('disk'))
  return (
    notHere ?? (isDisk && process.getuid?.() !== 0 ? 'only root may mount a small disk' : undefined)
  )
}

function start(row: Row, build: Build | undefined, { mongo, peer }: Options): Promise<Service> {
  if (!build) return readPeer(peer ?? '').then(startPeer)
  const on = new Set(row.steps.map((step) => step.on))
  return startHeralds({ build, roles: row.roles ?? ['all', 'all'], on, ...(mongo && { mongo }) })
}

type Place = { kept: string; build: Build | undefined }

async function run(row: Row, options: Options, { kept, build }: Place): Promise<RowResult> {
  const { id, title } = row
  const { seed, seconds, rate } = options
  const why = hindrance(row) ?? (options.peer && (await readPeer(options.peer)).notHere)
  if (why) return { id, title, seed, notHere: why }
  const folder = join(kept, `${id}-${seed}`)
  await mkdir(folder)
  const edited = row.edits && build ? await editedBuild(row.edits) : build
  const service = await start(row, edited, options)
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
  const kept = await folderOf(options)
  const build = options.peer ? undefined : buildHerald()
  const machine = await thisMachine(options.mongo)
  const results: RowResult[] = []
  console.log(`histories: ${kept}\n\n${tableHead()}`)
  for (const row of rows) {
    const result = await run(row, options, { kept, build })
    results.push(result)
    console.log(lineOf(result))
    for (const broken of brokenOf(result)) console.error(`  ${broken}`)
    const found: Report = {
      measuredAt: new Date().toISOString(),
      machine,
      rows: results,
      broken: [],
    }
    if (options.json) await writeFile(options.json, `${JSON.stringify(found, null, 2)}\n`)
  }
  const bad = results.filter((result) => brokenOf(result).length > 0)
  for (const { id, seed } of bad) console.log(`again: npm run faults -- ${id} --seed ${seed}`)
  const caught = await plantedIn(results, options.seed)
  if (caught) printCaught(caught)
  return bad.length > 0 || (caught && caught.missed.length > 0) ? 1 : 0
}

async function folderOf({ histories }: Options): Promise<string> {
  const kept = histories ?? (await mkdtemp(join(tmpdir(), 'herald-fault-histories-')))
  await mkdir(kept, { recursive: true })
  return kept
}

/** Breaks one rule of herald after another, and says whether the checker sees that. */
async function runBroken(options: Options, names: string[]): Promise<number> {
  const kept = await folderOf(options)
  buildHerald()
  const machine = await thisMachine(options.mongo)
  const broken: BrokenResult[] = []
  const isWanted = ({ name }: BrokenRule) => names.length === 0 || names.includes(name)
  for (const rule of BROKEN_RULES.filter(isWanted)) {
    const { name, row, as, rate = options.rate } = rule
    const place = {
      kept: join(kept, name.replaceAll(' ', '-')),
      build: await editedBuild(rule.edits),
    }
    await mkdir(place.kept)
    const result = await run(rowOf(row), { ...options, rate }, place)
    const times = result.outcome?.wrong[as]?.length ?? 0
    broken.push({ name, row, seed: options.seed, as, found: times })
    console.log(`${times > 0 ? 'caught' : 'NOT CAUGHT'}: ${name} (${as}: ${times})`)
    if (times === 0) for (const one of brokenOf(result)) console.error(`  ${one}`)
    const found: Report = { measuredAt: new Date().toISOString(), machine, rows: [], broken }
    if (options.json) await writeFile(options.json, `${JSON.stringify(found, null, 2)}\n`)
  }
  return broken.every(({ found }) => found > 0) ? 0 : 1
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
if (first === 'report') process.exit(await report(files))
process.exit(first === 'broken' ? await runBroken(options, files) : await runAll(options))
