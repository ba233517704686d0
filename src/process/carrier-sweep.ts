import { setTimeout as sleep } from 'node:timers/promises'
import { ruleOf } from '../delivery/row-rule.ts'
import { LANE_RUN, OPEN_STATES } from '../delivery/types.ts'
import type { LaneInput, RedeliverInput } from '../delivery/contract.ts'
import type { Logger } from '../logger.ts'
import type { Metrics } from '../metrics.ts'
import type { Models } from '../models/connect.ts'
import type { DeliveryDocument } from '../models/deliveries/document.ts'
import type { DeliveryChanges } from '../models/deliveries/changes.ts'

const FIRST_MS = 60_000
const PAUSE_MS = 3_600_000
/** What is due for so long, and not in hand, may have lost its carrier. */
const OVERDUE_MS = 60_000
const BATCH = 100
const LOOKS_AT_ONCE = 10
const WEBHOOK = { name: 1, state: 1, rateLimit: 1, deletedAt: 1 } as const

export type CarrierSweep = {
  models: Models
  changes: DeliveryChanges
  logger: Logger
  metrics: Metrics
  isRunning: (carrier: { workflow: string; run?: string }) => Promise<boolean>
  signalLane: (lane: LaneInput) => Promise<void>
  /** Starts a workflow that carries these. */
  adopt: (tenant: string, deliveries: RedeliverInput[]) => Promise<void>
  stopping: AbortSignal
  mongoReady: Promise<void>
}
type SweepDependencies = Omit<CarrierSweep, 'mongoReady'>
type Row = Pick<DeliveryDocument, '_id' | 'tenant' | 'webhook' | 'carrier' | 'workflow' | 'open'>
export type Swept = { adopted: number; lanes: number }

/** Sweeps a minute after the start and then every hour; every worker may, since all it does can be repeated. */
export async function keepCarriers(deps: CarrierSweep): Promise<void> {
  const { stopping, logger } = deps
  const pause = (ms: number) => sleep(ms, undefined, { signal: stopping, ref: false })
  await Promise.all([deps.mongoReady, pause(FIRST_MS)]).catch(() => undefined)
  while (!stopping.aborted) {
    try {
      const swept = await sweepCarriers(deps, Date.now() - OVERDUE_MS)
      if (swept.adopted > 0) logger.warn(swept, 'delivery.orphans_adopted')
    } catch (error) {
      if (!stopping.aborted) logger.error({ err: error }, 'delivery.sweep_failed')
    }
    await pause(PAUSE_MS).catch(() => undefined)
  }
}

/**
 * Finds the owed deliveries that were due before this time and that nobody carries: their workflow was terminated, or ended
 * without them. Starts a workflow for them, and wakes the lanes that owe something.
 */
export async function sweepCarriers(deps: SweepDependencies, beforeMs: number): Promise<Swept> {
  const rows = overdueRows(deps.models, new Date(beforeMs)).cursor({ batchSize: 1_000 })
  const lanes = new Map<string, Row>()
  const alive = new Map<string, Promise<boolean>>()
  const swept = { adopted: 0, lanes: 0 }
  await rows.eachAsync(
    async (batch: Row[]) => {
      const orphans: Row[] = []
      await eachOf(batch, LOOKS_AT_ONCE, async (row) => {
        if (row.carrier?.run === LANE_RUN) lanes.set(row.webhook, row)
        else if (!(await isCarried(row, alive, deps))) orphans.push(row)
      })
      swept.adopted += await adoptAll(orphans, deps)
    },
    { batchSize: 1_000 },
  )
  swept.lanes = lanes.size
  await eachOf([...lanes.values()], LOOKS_AT_ONCE, (row) => wakeLane(row, deps))
  return swept
}

function overdueRows({ deliveries }: Models, before: Date) {
  return deliveries
    .find(
      { dueAt: { $lt: before }, state: { $in: [...OPEN_STATES] } },
      { tenant: 1, webhook: 1, carrier: 1, workflow: 1, open: 1 },
    )
    .lean<Row[]>()
}

async function isCarried(
  { carrier, workflow, open }: Row,
  alive: Map<string, Promise<boolean>>,
  { isRunning }: SweepDependencies,
): Promise<boolean> {
  if (open && open.until.getTime() > Date.now()) return true
  const by: { workflow: string; run?: string } = carrier ?? { workflow }
  const key = `${by.workflow} ${by.run ?? ''}`
  const known = alive.get(key) ?? isRunning(by)
  alive.set(key, known)
  return await known
}

async function adoptAll(rows: Row[], { adopt, metrics, stopping }: SweepDependencies) {
  for (const tenant of new Set(rows.map((row) => row.tenant))) {
    const owed = rows.filter((row) => row.tenant === tenant)
    for (let from = 0; from < owed.length; from += BATCH) {
      stopping.throwIfAborted()
      const deliveries = owed.slice(from, from + BATCH).map((row) => {
        return { tenant, delivery: row._id, by: 'herald', round: 'now' as const }
      })
      await adopt(tenant, deliveries)
      metrics.orphansAdopted(deliveries.length)
    }
  }
  return rows.length
}

async function wakeLane(
  { tenant, webhook }: Row,
  { models, changes, signalLane }: SweepDependencies,
) {
  // a row that its lane carries waits in its lane, whatever put it there
  await changes.holdInLane(webhook)
  const found = await models.webhooks.findById(webhook, WEBHOOK).lean()
  if (ruleOf(found, {}).rule === 'wait') return
  await signalLane({ tenant, webhook, name: found?.name ?? webhook })
}

/** Does this for each, so many at once. */
async function eachOf<T>(items: T[], atOnce: number, work: (item: T) => Promise<void>) {
  const left = [...items]
  const next = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, next))
}
