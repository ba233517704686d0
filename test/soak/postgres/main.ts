// Two heralds on Temporal's server with PostgreSQL, as in production, and whether all promises held (issue 13). By hand:
//   node --import tsx test/soak/postgres/main.ts [--server 1.31.2] [--only 'lane,kill Temporal'] [--json FILE]
import { writeFile } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { SERVER_VERSION } from '../../support/postgres/programs.ts'
import { productionLikeServers } from '../../support/postgres/stack.ts'
import { until } from '../../support/until.ts'
import type { Verdict } from '../judge/history.ts'
import { Receivers } from '../journal.ts'
import { judge } from '../judge.ts'
import { PARTS } from './parts.ts'
import type { Stage } from './scene.ts'
import { Records } from '../judge/records.ts'
import { printVerdicts } from '../judge/report.ts'
import { World } from '../world.ts'

const { values } = parseArgs({
  options: {
    server: { type: 'string', default: SERVER_VERSION },
    only: { type: 'string', default: Object.keys(PARTS).join(',') },
    json: { type: 'string' },
  },
})
const chosen = values.only.split(',')
const unknown = chosen.filter((name) => !(name in PARTS))
if (unknown.length > 0)
  throw new Error(`no such part: ${unknown.join()}; there is ${Object.keys(PARTS).join()}`)
process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143))
console.log(`Temporal's server ${values.server} on PostgreSQL, two heralds: starting …`)
const servers = await productionLikeServers(values.server)
const world = await World.open('pg', servers)
console.log(`logs and data: ${servers.dataDir}; they stay where anything is wrong`)
const records = new Records(`${servers.mongo.url}/herald?directConnection=true`)
const stage: Stage = { world, records, receivers: new Receivers('each its own') }
const verdicts: Verdict[] = []
for (const name of chosen) {
  const beganMs = Date.now()
  const verdict = await PARTS[name]?.(stage).catch((error: unknown) => broken(name, error))
  if (verdict) verdicts.push(verdict)
  const outcome = verdict?.wrong.length === 0 ? 'as promised' : 'not as promised'
  const took = `${Math.round((Date.now() - beganMs) / 1_000)} s`
  console.log(`${name}: ${outcome}, ${took}, load average ${loadavg()[0]?.toFixed(1)}`)
}
verdicts.push(await judgeEnd())
const code = printVerdicts(verdicts)
if (values.json) await writeFile(values.json, JSON.stringify({ verdicts, faults: world.faults }))
await records.close()
await world.stop(code === 0 ? 'remove' : 'keep')
await stage.receivers.close()
process.exit(code)

/** Nothing may be open or owed a minute after the last part; what each process and answer was like is judged as well. */
async function judgeEnd(): Promise<Verdict> {
  const isClosed = async () => (await world.openWorkflows()).length === 0
  await until(isClosed, { seconds: 60, everyMs: 500 }).catch(() => undefined)
  const openWorkflows = await world.openWorkflows()
  const rows = await records.rows()
  const nothing = { webhooks: [], accepted: [], requests: [], faults: [], asks: [], attempts: [] }
  const wrong = [
    ...judge({ ...nothing, rows, openWorkflows })
      .filter(({ name }) => name.startsWith('no workflow') || name.startsWith('no row'))
      .flatMap((one) => one.wrong.map((each) => `${one.name}: ${each}`)),
    ...openWorkflows.map((workflow) => `still open after 60 s: ${workflow}`),
    ...world.api.odd,
    ...world.deaths,
    ...stage.receivers.journal.changed,
  ]
  const seen = `${rows.length} rows, ${openWorkflows.length} open workflows`
  return { name: 'the end: nothing open, owed, changed or answered wrongly', seen, wrong }
}

function broken(name: string, error: unknown): Verdict {
  return { name, seen: 'it could not be run to its end', wrong: [String(error)] }
}
