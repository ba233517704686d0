import { setTimeout as sleep } from 'node:timers/promises'
import { temporalCliAt } from '../../support/servers/temporal-cli.ts'
import { until } from '../../support/until.ts'
import type { JudgedWebhook, Part, Request, Verdict } from '../judge/history.ts'
import { preciseNow } from '../journal.ts'
import { LIMIT, type Plan } from '../mixture.ts'
import { Scene, type Stage } from './scene.ts'

type RunPart = (stage: Stage) => Promise<Verdict>

const ONCE = { attempts: 1, retry: { type: 'fixed', interval: '1s', retries: 0 } }
const FOUR = { attempts: 4, retry: { type: 'fixed', interval: '1s', retries: 3 } }
/** Timers of both sides count in whole milliseconds. */
const CLOCK_MS = 1
const KILLS = 2
const UNDER_LOAD_MS = 4_000
const LEAST_PER_SECOND = 9

const ok = (afterMs: number) => ({ status: 200, afterMs })
const failed = { status: 500, afterMs: 20 }
const failsOnce: Plan['behaviour'] = (nth) => (nth === 1 ? failed : ok(300))

/** What the issue wants to see on PostgreSQL, in this order. */
export const PARTS: Record<string, RunPart> = {
  ingest,
  schedules,
  lane,
  'kill herald A': (stage) => underKills(stage, 'herald A', 500),
  'kill herald B': (stage) => underKills(stage, 'herald B', 500),
  'kill Temporal': (stage) => underKills(stage, 'Temporal', 4_000),
  'kill MongoDB': (stage) => underKills(stage, 'MongoDB', 4_000),
  'rolling restart': rollingRestart,
  'batch reset': batchReset,
  replay,
}

async function ingest(stage: Stage): Promise<Verdict> {
  const scene = new Scene(stage)
  const webhook = await scene.webhook({ name: 'ingest', ...FOUR, behaviour: () => ok(20) })
  await scene.post(webhook, 200, 20)
  await scene.finished()
  const { length } = scene.requests(webhook)
  if (length !== 200) scene.wrong.push(`${length} requests for 200 events`)
  return scene.verdict('ingest: 200 events at 20/s through both', `${length} requests`)
}

async function schedules(stage: Stage): Promise<Verdict> {
  const scene = new Scene(stage)
  const behaviour: Plan['behaviour'] = (nth) => (nth <= 3 ? failed : ok(20))
  const webhook = await scene.webhook({ name: 'schedules', ...FOUR, behaviour })
  await scene.post(webhook, 20, 5)
  await scene.finished()
  const gaps = gapsOf(scene.requests(webhook)).toSorted((a, b) => a - b)
  const early = gaps.filter((gap) => gap < 1_000 - CLOCK_MS)
  if (early.length > 0)
    scene.wrong.push(`${early.length} retries early, the least after ${early[0]} ms`)
  if (gaps.length !== 60) scene.wrong.push(`${gaps.length} retries, 60 are due`)
  const [least = NaN, median = NaN, most = NaN] = [0, 30, 59].map((n) => gaps[n])
  const seen = `least ${least.toFixed(1)}, median ${median.toFixed(0)}, most ${most.toFixed(0)} ms`
  return scene.verdict('schedules: fixed 1 s, 3 retries, never early', seen)
}

async function lane(stage: Stage): Promise<Verdict> {
  const scene = new Scene(stage)
  const webhook = await limited(scene, 'lane')
  await scene.post(webhook, 160, 20)
  await scene.finished()
  const perSecond = paceOf(scene.requests(webhook))
  if (perSecond < LEAST_PER_SECOND) scene.wrong.push(`only ${perSecond.toFixed(2)}/s of 10/s`)
  return scene.verdict('lane: 10/s, 20/s offered', `${perSecond.toFixed(2)}/s`)
}

/** A lane at its limit and a webhook whose first attempts fail, while this part is killed twice. */
async function underKills(stage: Stage, part: Part, downMs: number): Promise<Verdict> {
  const { scene, loads, lane: slow } = await underLoad(stage, `kill-${part.replace(' ', '-')}`)
  for (let kill = 0; kill < KILLS; kill++) {
    await sleep(UNDER_LOAD_MS)
    await scene.world.kill([part], downMs)
  }
  await loads
  await scene.finished()
  const seen = `lane ${paceOf(scene.requests(slow)).toFixed(2)}/s`
  return scene.verdict(`kill -9 of ${part}, twice, with a lane at 10/s`, seen)
}

async function rollingRestart(stage: Stage): Promise<Verdict> {
  const { scene, loads } = await underLoad(stage, 'rolling')
  for (const part of ['herald A', 'herald B', 'herald A', 'herald B'] as const) {
    await sleep(UNDER_LOAD_MS / 2)
    await scene.world.restart(part).catch((error: unknown) => scene.wrong.push(String(error)))
  }
  await loads
  await scene.finished()
  return scene.verdict('rolling restart of both, twice', 'each ended with 0')
}

async function batchReset(stage: Stage): Promise<Verdict> {
  const scene = new Scene(stage)
  let isUp = false
  const behaviour: Plan['behaviour'] = () => (isUp ? ok(20) : failed)
  const webhook = await scene.webhook({ name: 'batch-reset', ...ONCE, behaviour })
  await scene.post(webhook, 40, 20)
  await scene.finished()
  await closed(scene)
  isUp = true
  const { address } = scene.world.servers.temporal
  const query = `ExecutionStatus='Failed' AND TaskQueue='${scene.world.taskQueue}'`
  const how = ['--yes', '--type', 'FirstWorkflowTask', '--reason', 'receiver is back']
  scene.asks.push({
    kind: 'reset',
    atMs: preciseNow(),
    untilMs: Infinity,
    webhook: webhook.id,
    fromMs: 0,
  })
  await temporalCliAt(address, 'workflow', 'reset', ...how, '--query', query)
  await scene.finished((states) => states.every((state) => state === 'delivered'))
  return scene.verdict('batch reset of failed workflows', '40 events')
}

async function replay(stage: Stage): Promise<Verdict> {
  const scene = new Scene(stage)
  const behaviour: Plan['behaviour'] = (nth) => (nth === 1 ? failed : ok(20))
  const webhook = await scene.webhook({ name: 'replay', ...ONCE, behaviour })
  const slow = await scene.webhook({ name: 'replay-lane', ...ONCE, rateLimit: LIMIT, behaviour })
  await Promise.all([scene.post(webhook, 40, 20), scene.post(slow, 40, 20)])
  await scene.finished()
  for (const { id } of [webhook, slow]) {
    scene.asks.push({
      kind: 'replay',
      atMs: preciseNow(),
      untilMs: Infinity,
      webhook: id,
      fromMs: 0,
    })
    const { status } = await scene.world.api.call('POST', '/v1/replays', {
      filter: { webhook: id },
    })
    if (status !== 202) scene.wrong.push(`the replay was answered ${status}`)
  }
  await scene.finished((states) => states.every((state) => state === 'delivered'))
  return scene.verdict('replays, one of them through a lane', '80 events')
}

async function underLoad(stage: Stage, name: string) {
  const scene = new Scene(stage)
  const plain = await scene.webhook({ name, ...FOUR, behaviour: failsOnce })
  const slow = await limited(scene, `${name}-lane`)
  const loads = Promise.all([scene.post(plain, 120, 8), scene.post(slow, 180, 12)])
  loads.catch(() => undefined)
  return { scene, loads, lane: slow }
}

function limited(scene: Scene, name: string): Promise<JudgedWebhook> {
  return scene.webhook({ name, ...FOUR, rateLimit: LIMIT, behaviour: () => ok(100) })
}

/** A workflow ends a while after its last row. */
async function closed({ world, wrong }: Scene): Promise<void> {
  const isClosed = async () => (await world.openWorkflows()).length === 0
  await until(isClosed, { seconds: 60, what: 'every workflow closed' }).catch((error: unknown) =>
    wrong.push(String(error)),
  )
}

/** Milliseconds from each answer to the next request of the same delivery. */
function gapsOf(requests: Request[]): number[] {
  return requests.flatMap((request) => {
    const { delivery, attempt, endedMs } = request
    const next = requests.find((one) => one.delivery === delivery && one.attempt === attempt + 1)
    return next ? [next.atMs - endedMs] : []
  })
}

/** Requests a second from the first to the last. */
function paceOf(requests: Request[]): number {
  const times = requests.map(({ atMs }) => atMs)
  return ((times.length - 1) / (Math.max(...times) - Math.min(...times))) * 1_000
}
