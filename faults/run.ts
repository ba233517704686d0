import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { residentMib } from '../test/support/servers/process-usage.ts'
import { check } from './check/check.ts'
import type { Ledger } from './history.ts'
import { inject } from './inject.ts'
import type { Options } from './options.ts'
import { jittered, type Row } from './plan.ts'
import type { Outcome } from './report/results.ts'
import { openScene, type Scene, tell } from './scene.ts'
import type { Records, Service } from './service/service.ts'

/** All is to be over so long after load and faults; it is looked at for longer, to say how long it took. */
const DRAINED_SECONDS = 60
const PATIENCE_SECONDS = 150
const UNASKED_MS = 10_000
const LOOK_MS = 500
/** Of load before the first fault, so that none meets a herald that is not warm. */
const WARM_UP_MS = 3_000
const CANCEL_EVERY_MS = 1_000
/** Numbers of processes that nobody else in a history has. */
const CANCEL_PROCESSES = 500_000_000
/** A load goes on for so long after the last fault, so that recovery is seen. */
const AFTER_MS = 3_000

/** Runs a row on a service that was started for it, in this folder, and judges it. The service is stopped after. */
export async function runRow(
  row: Row,
  service: Service,
  options: Options & { folder: string },
): Promise<Outcome> {
  const scene = await openScene(row, service, options)
  const { ledger, producer } = scene
  const over = new AbortController()
  const memory = watchMemory(service, over.signal)
  const loaded = producer.run(options.rate, over.signal)
  const cancelled = cancelSome(service.records, ledger, over.signal)
  await sleep(WARM_UP_MS)
  const [besides] = await Promise.all([
    hurt(row, scene, options.seed),
    sleep(options.seconds * 1_000),
  ])
  over.abort()
  const loadAverage = Math.round((loadavg()[0] ?? 0) * 10) / 10
  await Promise.all([loaded, cancelled])
  await producer.end()
  besides.push(...producer.refused.map((event) => `${event} was refused for a minute`))
  const drainedSeconds = await drained(service.records, producer.acked)
  if (drainedSeconds === null || drainedSeconds > DRAINED_SECONDS)
    besides.push(`not drained after ${DRAINED_SECONDS} s, but ${drainedSeconds ?? 'never'}`)
  const grownMib = await memory
  const finals = (await service.records?.finals()) ?? []
  await tell(ledger, 'final', finals)
  const history = await scene.close()
  return { ...(await check(history)), drainedSeconds, grownMib, loadAverage, besides, history }
}

/** Takes the steps of the row; resolves a while after, to what did not come back as it should. */
async function hurt(row: Row, scene: Scene, seed: number): Promise<string[]> {
  const answered = () => scene.receivers.answered()
  const wrong = await inject(jittered(row.steps, seed), { ...scene, answered })
  await sleep(AFTER_MS)
  return wrong
}

/** Cancels what is left of failing deliveries, once a second. */
async function cancelSome(records: Records | undefined, ledger: Ledger, signal: AbortSignal) {
  if (!records) return
  let process = CANCEL_PROCESSES
  while (!signal.aborted) {
    await sleep(CANCEL_EVERY_MS)
    await records.cancel(async (one, call) => {
      const operation = { process: process++, f: 'cancel', value: one } as const
      await ledger.append({ ...operation, type: 'invoke' })
      const status = await call()
      const type = status === 200 ? 'ok' : status >= 400 && status < 500 ? 'fail' : 'info'
      await ledger.append({ ...operation, type, value: { ...one, status } })
    })
  }
}

/** How long it takes until nothing of these events is owed; null where that does not come. */
async function drained(records: Records | undefined, events: ReadonlySet<string>) {
  const startMs = performance.now()
  const passed = () => (performance.now() - startMs) / 1_000
  // who can't be asked gets the time in which a load like this should be over
  if (!records) await sleep(UNASKED_MS)
  for (;;) {
    if (!records || (await records.owed(events)) === 0) break
    if (passed() > PATIENCE_SECONDS) return null
    await sleep(LOOK_MS)
  }
  return Math.round(passed() * 10) / 10
}

/** By how much the largest of its processes has grown over what the largest had before the load. */
async function watchMemory(service: Service, signal: AbortSignal): Promise<number> {
  const largest = async () => {
    const all = service.pids().map((pid) => residentMib(pid).catch(() => 0))
    return Math.max(0, ...(await Promise.all(all)).filter(Number.isFinite))
  }
  const before = await largest()
  let most = before
  while (!signal.aborted) {
    await sleep(LOOK_MS)
    most = Math.max(most, await largest())
  }
  return Math.round(most - before)
}
