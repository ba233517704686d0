import { setTimeout as pause } from 'node:timers/promises'
import type { Metrics } from '../metrics.ts'
import type { Models } from '../models/connect.ts'
import { countOwed, COUNTED_MAX, type Owed } from '../models/deliveries/owed.ts'
import { countStopped } from '../models/webhooks/stopped.ts'
import type { HeraldRuntime } from './runtime.ts'

/** Nobody who asks for metrics waits longer for MongoDB or Temporal. */
const CHECK_MS = 1_000
/** What was counted holds for so long, and for so many times what counting took. */
const KEPT_MS = 10_000
const KEPT_TIMES = 100

type Observed = Pick<HeraldRuntime, 'ingest' | 'models' | 'gateway' | 'version'>

/** Tells of the parts of a process whenever somebody asks. What MongoDB and Temporal hold is the same in every process. */
export function observe(metrics: Metrics, parts: Observed): void {
  const { ingest, models, gateway, version } = parts
  metrics.gauges(
    { name: 'herald_build_info', label: 'version', help: '1, with the version of herald.' },
    () => ({ [version]: 1 }),
  )
  metrics.gauge(
    'herald_ingest_waiting_events',
    'Accepted events whose first attempt is outstanding in this process.',
    () => ingest.waiting.unattempted,
  )
  metrics.gauge(
    'herald_ingest_queued_requests',
    'Ingest requests that wait to share a workflow start.',
    () => ingest.waiting.queued,
  )
  metrics.gauge('herald_mongodb_up', '1 where MongoDB answers within a second.', () =>
    answers(async () => (await models.connection.db?.command({ ping: 1 }))?.['ok'] === 1),
  )
  metrics.gauge('herald_temporal_up', '1 where Temporal answers within a second.', () =>
    answers(() => gateway.healthy()),
  )
  observeStored(metrics, parts)
}

/** What is counted where it is stored, at most every 10 s. */
function observeStored(metrics: Metrics, { models, gateway }: Observed): void {
  const owed = kept(() => owedNow(models))
  metrics.gauges(
    {
      name: 'herald_deliveries_owed',
      label: 'state',
      help: `Deliveries that are owed, by state: pending, held, retrying; of each at most ${COUNTED_MAX} are counted. The same in every process.`,
    },
    async () => {
      const found = await owed()
      return found && { pending: found.pending, held: found.held, retrying: found.retrying }
    },
  )
  metrics.gauge(
    'herald_delivery_oldest_owed_age_seconds',
    'How long ago the oldest owed delivery was created; 0 where nothing is owed. The same in every process.',
    async () => {
      const found = await owed()
      if (!found) return undefined
      return found.oldestMs === undefined ? 0 : Math.max(0, Date.now() - found.oldestMs) / 1_000
    },
  )
  metrics.gauges(
    {
      name: 'herald_webhooks_stopped',
      label: 'state',
      help: 'Webhooks that are sent nothing, by state: paused by a person, disabled by herald. The same in every process.',
    },
    kept(() => countStopped(models.webhooks)),
  )
  metrics.gauge(
    'herald_lanes',
    'Lanes of rate-limited webhooks that have something to send. The same in every process.',
    kept(() => gateway.openLanes()),
  )
}

async function owedNow({ webhooks, deliveries }: Models): Promise<Owed> {
  return countOwed(deliveries, await webhooks.distinct('tenant'))
}

/** Gives what was read last, and reads anew where that is old; undefined where it cannot be read. One reading at a time. */
function kept<T>(read: () => Promise<T>): () => Promise<T | undefined> {
  let value: T | undefined
  let freshUntilMs = 0
  let reading: Promise<unknown> | undefined
  const readAnew = async () => {
    const beganMs = performance.now()
    value = await read().catch(() => undefined)
    const tookMs = performance.now() - beganMs
    freshUntilMs = performance.now() + Math.max(KEPT_MS, tookMs * KEPT_TIMES)
    reading = undefined
  }
  return async () => {
    if (performance.now() >= freshUntilMs) reading ??= readAnew()
    if (reading) await inTime(reading)
    return value
  }
}

async function answers(ask: () => Promise<boolean>): Promise<number> {
  return (await inTime(ask().catch(() => false))) ? 1 : 0
}

/** Undefined where it takes longer than a second. */
async function inTime<T>(answer: Promise<T>): Promise<T | undefined> {
  const late = new AbortController()
  const never = pause(CHECK_MS, undefined, { signal: late.signal }).catch(() => undefined)
  try {
    return await Promise.race([answer, never])
  } finally {
    late.abort()
  }
}
