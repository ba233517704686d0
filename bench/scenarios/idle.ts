import { setTimeout as sleep } from 'node:timers/promises'
import { type Figures, type Row, rowOf } from '../measure/figures.ts'
import { measure } from '../measure/measure.ts'
import { type Processes, usageOf, usedBetween } from '../measure/usage.ts'
import { type Scenario, withLoad } from '../run.ts'
import { createHook, heraldSystem, MOST_CONCURRENT } from '../systems/herald.ts'
import { newDataDir, removeDataDir, type Started, startAsUsers } from '../systems/npm-start.ts'

const TYPE = 'bench.idle'
const WATCHED_MS = 30_000
const REST_MS = 60_000
const EVENTS = { kind: 'closed', connections: 64, seconds: 600, requests: 20_000 } as const

/** What an installation takes while nothing happens, before and after work. */
export const idle: Scenario = {
  says: 'What `npm start` runs, without the demo, after a start and after 20,000 events and a minute of rest; CPU in milliseconds a second over 30 s, and resident memory after them. `dev` is the program of `npm start` itself. One round.',
  async measure({ mongo }) {
    const dataDir = await newDataDir(mongo)
    try {
      const started = await startAsUsers(dataDir)
      try {
        return await measureIdle(started)
      } finally {
        await started.stop()
      }
    } finally {
      await removeDataDir(dataDir)
    }
  },
}

async function measureIdle({ api, processes }: Started): Promise<Row[]> {
  await sleep(5_000) // what belongs to the start
  const fresh = await watch(processes())
  const tally = await withLoad(0, async (load) => {
    await createHook(api, { events: [TYPE], url: load.hookUrl(), concurrency: MOST_CONCURRENT })
    const system = heraldSystem(api, processes)
    return (await measure({ system, load, type: TYPE, pace: EVENTS })).tally
  })
  await sleep(REST_MS)
  const { accepted, delivered } = tally
  const after = { ...(await watch(processes())), accepted, delivered }
  return [rowOf('fresh', [fresh]), rowOf('after 20,000 events and a minute', [after])]
}

async function watch(processes: Processes): Promise<Figures> {
  const before = await usageOf(processes)
  await sleep(WATCHED_MS)
  const used = Object.entries(usedBetween(before, await usageOf(processes)))
  const perSecond = (cpuMs: number) => cpuMs / (WATCHED_MS / 1_000)
  const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0)
  return {
    'CPU ms/s': perSecond(total(used.map(([, { cpuMs }]) => cpuMs))),
    ...Object.fromEntries(used.map(([name, { cpuMs }]) => [`${name} CPU`, perSecond(cpuMs)])),
    'all MiB': total(used.map(([, { residentMib }]) => residentMib)),
    ...Object.fromEntries(used.map(([name, one]) => [`${name} MiB`, one.residentMib])),
  }
}
