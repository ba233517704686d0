// Random load and kills on embedded servers of its own, and whether all promises held (issue 13). By hand:
//   npm run soak -- --minutes 30 --seed 1 [--rate 8] [--one-origin] [--json FILE]
import { writeFile } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { ownServers } from '../support/servers/own-servers.ts'
import { Actions } from './actions.ts'
import { type Drain, drain } from './drain.ts'
import { makeFaults } from './faults.ts'
import { judgeGrowth, type Sample } from './growth.ts'
import { groupBy, type History, type JudgedWebhook, type Verdict } from './judge/history.ts'
import { Receivers } from './journal.ts'
import { judge } from './judge.ts'
import { Load } from './load.ts'
import { printMinutes } from './minutes.ts'
import { mixture, type Plan, TO_ALL, TO_ALL_SHARE } from './mixture.ts'
import { soakOptions } from './options.ts'
import { type Random, seeded, weighted } from './random.ts'
import { Records } from './judge/records.ts'
import { printVerdicts } from './judge/report.ts'
import { makeWebhook } from './webhook.ts'
import { World } from './world.ts'

const DRAINED_MS = 60_000
const ACTION_PAUSE_MS = 700

const options = soakOptions()
console.log(`soak: ${JSON.stringify(options)}`)
process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143))
const world = await World.open('soak', await ownServers())
const loopDelay = monitorEventLoopDelay()
loopDelay.enable()
console.log(`logs and data: ${world.servers.dataDir}; they stay where anything is wrong`)
const records = new Records(`${world.servers.mongo.url}/herald?directConnection=true`)
const receivers = new Receivers(options['one-origin'] ? 'one' : 'each its own')
/** Each has numbers of its own, so that one does not shift the others'. */
const random = (offset: number) => seeded(options.seed * 1_000 + offset)
const plans = mixture(random(1))
const webhooks: JudgedWebhook[] = []
for (const plan of plans) webhooks.push(await makeWebhook(world.api, receivers, plan))

const load = new Load(world.api)
const { journal } = receivers
const actions = new Actions({ api: world.api, journal, webhooks, random: random(2) })
const wrong: string[] = []
const samples: Sample[] = []
await underFaults()
const calmMs = Date.now()
const sums = [...(await records.owed()).values()]
console.log(`the last fault is over; ${sums.reduce((all, one) => all + one, 0)} owed`)
const ids = new Map(webhooks.map(({ id, name }) => [name, id]))
const drained = await drain(world, records, { webhooks: ids, fromMs: calmMs })
const verdicts = [...judge(await history()), ...judgeRun(drained)]
printNumbers(drained)
const code = printVerdicts(verdicts)
if (options.json) await writeFile(options.json, JSON.stringify(await result()))
await records.close()
await world.stop(code === 0 ? 'remove' : 'keep')
await receivers.close()
process.exit(code)

/** Load, actions and kills for as long as was asked for; resolves when all that was posted is accepted and nothing is paused. */
async function underFaults(): Promise<void> {
  const over = AbortSignal.timeout(options.minutes * 60_000)
  const counts = () =>
    `${load.accepted.length} accepted, ${journal.requests.length} requests, ${world.faults.length} kills, ${actions.asks.length} asks`
  await Promise.all([
    load.run({ perSecond: options.rate, next: nextEvent(random(3)), signal: over }),
    act(over),
    makeFaults(world, random(4), { signal: over, wrong }),
    printMinutes(world, records, {
      counts,
      accepted: () => load.accepted.length,
      samples,
      signal: over,
    }),
  ])
  await load.end()
  await actions.resumeAll()
}

async function act(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await actions.act()
    await sleep(ACTION_PAUSE_MS)
  }
}

function nextEvent(next: Random) {
  const choices = plans.map(({ share, name }): [number, Plan['name'] | undefined] => [share, name])
  choices.push([TO_ALL_SHARE, undefined])
  return (n: number) => {
    const name = weighted(next, choices)
    const to = webhooks.filter((webhook) => name === undefined || webhook.name === name)
    return {
      id: `soak-${n}`,
      type: name ? `soak.${name}` : TO_ALL,
      webhooks: to.map(({ id }) => id),
    }
  }
}

async function history(): Promise<History> {
  return {
    webhooks,
    accepted: load.accepted,
    requests: journal.requests,
    faults: world.faults,
    asks: actions.asks,
    rows: await records.rows(),
    attempts: await records.attempts(),
    openWorkflows: await world.openWorkflows(),
  }
}

/** What the history does not show. */
function judgeRun({ webhooks: drainedAfter, workflowsMs }: Drain): Verdict[] {
  const late = [...drainedAfter, ['workflows', workflowsMs] as const]
    .filter(([, afterMs]) => afterMs > DRAINED_MS)
    .map(([name, afterMs]) => `${name}: ${seconds(afterMs)}`)
  return [
    judgeGrowth(samples),
    { name: 'all is drained 60 s after the last fault', seen: seconds(workflowsMs), wrong: late },
    {
      name: 'every request of a delivery has the same body',
      seen: `${journal.requests.length} requests`,
      wrong: [...journal.changed],
    },
    {
      name: 'every event is accepted in the end',
      seen: `${load.accepted.length} accepted`,
      wrong: load.refused,
    },
    {
      name: 'no answer is wrong whatever was killed',
      seen: `${[...world.api.answers.values()].reduce((all, one) => all + one, 0)} calls`,
      wrong: world.api.odd,
    },
    {
      name: 'no part ends by itself or fails to come back',
      seen: `${world.faults.length} kills`,
      wrong: [...world.deaths, ...wrong],
    },
  ]
}

function printNumbers({ webhooks: drainedAfter, workflowsMs }: Drain): void {
  const after = [...drainedAfter].map(([name, afterMs]) => `${name} ${seconds(afterMs)}`)
  console.log(`drained after: ${after.join(', ')}; workflows ${seconds(workflowsMs)}`)
  const killed = tally(world.faults.map(({ part }) => part))
  console.log(`kills: ${killed}; asks: ${tally(actions.asks.map(({ kind }) => kind))}`)
  console.log(
    `answers: ${[...world.api.answers].map(([kind, count]) => `${kind}: ${count}`).join(', ')}`,
  )
  const lateMs = Math.round(loopDelay.max / 1e6)
  console.log(
    `receivers' event loop late by at most ${lateMs} ms; load average ${loadavg()[0]?.toFixed(1)}`,
  )
}

function tally(names: string[]): string {
  const groups = groupBy(names, (name) => name)
  return [...groups].map(([name, all]) => `${name} ${all.length}`).join(', ') || 'none'
}

function seconds(ms: number): string {
  return ms === Infinity ? 'never' : `${(ms / 1_000).toFixed(1)} s`
}

async function result() {
  const { webhooks: drainedAfter, workflowsMs } = drained
  return {
    options,
    verdicts,
    samples,
    drainedAfterMs: { ...Object.fromEntries(drainedAfter), workflows: workflowsMs },
    faults: world.faults,
    answers: Object.fromEntries(world.api.answers),
    openWorkflows: await world.openWorkflows(),
  }
}
