import { ruleOf } from '../../delivery/row-rule.ts'
import { ApplicationFailure, Context } from '@temporalio/activity'
import { type AwaitLanesInput, type DeliverResult, FAILURE } from '../../delivery/contract.ts'
import { rateOf } from '../../delivery/slot-rule.ts'
import { type Carrier, LANE_RUN } from '../../delivery/types.ts'
import { dueTimeMs } from '../../models/deliveries/document.ts'
import type { DeliveryHistory, OwedRow } from '../../models/deliveries/reads.ts'
import { patiently } from '../../models/patience.ts'
import type { WebhookDocument } from '../../models/webhooks/document.ts'
import { settleEnded } from '../deliver/due-rows.ts'
import { expectAll, keepBeating, ledgerLost, passContext } from '../deliver/deliver.ts'
import type { LaneBells } from './bells.ts'
import type { LaneWaker } from './waker.ts'
import { resultOf } from '../deliver/summary.ts'
import type { PassDependencies } from '../deliver/target-pass.ts'

const HEARTBEAT_MS = 1_000
/** What will be finished so soon is waited for here; a poll by Temporal costs more. */
const WAIT_MS = 2_000
/** At most so many waits at once, since each has a slot of the worker. */
const WAITS_MOST = 100
const POLL_MIN_MS = 1_000
const POLL_MAX_MS = 60_000
/** A lane that took a slot so shortly ago is at work: a signal more would only make its history longer. */
const AT_WORK_MS = 10_000
/** Summaries in the result, over all webhooks: it must fit into a payload. */
const SUMMARIES_MOST = 500

type LaneWebhook = Pick<WebhookDocument, '_id' | 'state' | 'rateLimit' | 'deletedAt'>
type Dependencies = PassDependencies & {
  bells: LaneBells
  waker: LaneWaker
  waits: { count: number }
}

/**
 * Waits until the lanes are through with these deliveries. It looks at their rows, wakes the lanes that owe something, and
 * asks Temporal to come back when they should be through: so whatever dies, and whatever signal is lost, no workflow waits
 * for ever. Throws StillHeld, LedgerLost.
 */
export async function awaitLanes(
  input: AwaitLanesInput,
  deps: Dependencies,
): Promise<DeliverResult[]> {
  const { carrier, missingIsLost, signal } = passContext(deps)
  const { info } = Context.current()
  const stopBeating = keepBeating(() => undefined, HEARTBEAT_MS)
  try {
    const ids = input.flatMap((target) => target.deliveries)
    const lost = missingIsLost ? await deps.reads.missing(ids, signal) : []
    if (lost.length > 0) throw ledgerLost(lost)
    let open = await openRows(ids, carrier, deps)
    if (open.length > 0) {
      await deps.changes.handOver(open.filter(isNotInLane), carrier)
      const webhooks = await wakeLanes(input, open, { ...deps, isFirst: info.attempt === 1 })
      const estimateMs = throughInMs(open, webhooks, deps)
      const isSoon = estimateMs < WAIT_MS || estimateMs === Infinity
      if (isSoon && (await waitHere(open, deps, signal))) open = await openRows(ids, carrier, deps)
      if (signal.aborted) await Context.current().cancelled
      if (open.length > 0) throw stillHeld(open, pollInMs(open, webhooks, deps))
    }
    const alive = await settleEnded(ids, { ...deps, carrier, signal })
    if (alive) throw stillOpen(alive, deps.now())
    const histories = await deps.reads.history(ids)
    if (missingIsLost) expectAll(ids, histories)
    return results(input, histories)
  } finally {
    stopBeating()
  }

  function pollInMs(
    open: OwedRow[],
    webhooks: ReadonlyMap<string, LaneWebhook>,
    dependencies: Dependencies,
  ): number {
    const estimate = throughInMs(open, webhooks, dependencies)
    const waitedMs = dependencies.now() - info.scheduledTimestampMs
    const pollMs = estimate < Infinity ? estimate : waitedMs
    return Math.min(Math.max(pollMs, POLL_MIN_MS), POLL_MAX_MS)
  }
}

/** What is still owed and waits for its lane here; what another workflow carries by now is no concern of this one. */
async function openRows(
  ids: string[],
  { workflow }: Carrier,
  { reads }: Dependencies,
): Promise<OwedRow[]> {
  const owed = await reads.owed(ids)
  return owed.filter(({ carrier }) => !carrier || carrier.workflow === workflow)
}

function isNotInLane({ carrier }: OwedRow): boolean {
  return carrier?.run !== LANE_RUN
}

/** Wakes the lane of each webhook that is owed something and may be sent to, or is over; later on only those that stand still. */
async function wakeLanes(
  input: AwaitLanesInput,
  open: OwedRow[],
  { models, waker, now, isFirst }: Dependencies & { isFirst: boolean },
): Promise<Map<string, LaneWebhook>> {
  const owed = new Set(open.map((row) => row.webhook))
  const found = await patiently(() =>
    models.webhooks
      .find({ _id: { $in: [...owed] } }, { state: 1, rateLimit: 1, deletedAt: 1 })
      .lean<LaneWebhook[]>()
      .exec(),
  )
  const webhooks = new Map(found.map((webhook) => [webhook._id, webhook]))
  const atWork = isFirst ? new Set<string>() : await lanesAtWork([...owed], { models, now })
  for (const { tenant, webhook, name } of input) {
    const { rule } = ruleOf(webhooks.get(webhook) ?? null, {})
    if (!owed.has(webhook) || rule === 'wait' || atWork.has(webhook)) continue
    waker.wake({ tenant, webhook, name })
  }
  return webhooks
}

async function lanesAtWork(
  webhooks: string[],
  { models, now }: Pick<Dependencies, 'models' | 'now'>,
): Promise<Set<string>> {
  const updatedAt = { $gt: new Date(now() - AT_WORK_MS) }
  const found = await patiently(() =>
    models.laneRings
      .find({ _id: { $in: webhooks }, updatedAt }, { _id: 1 })
      .lean()
      .exec(),
  )
  return new Set(found.map(({ _id }) => _id))
}

/** True once a pass of this process may have finished them all, or some time has passed; false if too many wait already. */
async function waitHere(
  open: OwedRow[],
  { bells, waits }: Dependencies,
  signal: AbortSignal,
): Promise<boolean> {
  if (waits.count >= WAITS_MOST) return false
  waits.count += 1
  const ids = open.map((row) => row._id)
  await bells.allSettled(ids, WAIT_MS, signal).finally(() => (waits.count -= 1))
  return true
}

/** When the last of these should be through, by its place in the queue; Infinity where nobody here knows. */
function throughInMs(
  open: OwedRow[],
  webhooks: ReadonlyMap<string, LaneWebhook>,
  { bells, now }: Dependencies,
): number {
  const positions = new Map<string, ReadonlyMap<string, number> | undefined>()
  const waits = open.map((row) => {
    const rate = rateOf(webhooks.get(row.webhook)?.rateLimit ?? null)
    if (row.state === 'retrying') return dueTimeMs(row) - now()
    if (!positions.has(row.webhook)) positions.set(row.webhook, bells.positions(row.webhook))
    const position = positions.get(row.webhook)?.get(row._id)
    return position !== undefined && rate ? (position * rate.perMs) / rate.limit : Infinity
  })
  return Math.max(...waits)
}

function stillHeld(open: OwedRow[], nextRetryDelay: number): ApplicationFailure {
  const message = `${open.length} deliveries wait for their rate limit`
  return ApplicationFailure.create({ type: FAILURE.stillHeld, message, nextRetryDelay })
}

/** Attempts that outlive their rows: their records are awaited. */
function stillOpen(
  { count, untilMs }: { count: number; untilMs: number },
  nowMs: number,
): ApplicationFailure {
  const message = `${count} attempts are under way`
  const nextRetryDelay = Math.max(untilMs - nowMs, 1)
  return ApplicationFailure.create({ type: FAILURE.stillHeld, message, nextRetryDelay })
}

function results(input: AwaitLanesInput, histories: DeliveryHistory[]): DeliverResult[] {
  const byId = new Map(histories.map((history) => [history.row._id, history]))
  const most = Math.max(Math.floor(SUMMARIES_MOST / input.length), 1)
  return input.map((target) =>
    resultOf(
      target,
      target.deliveries.flatMap((id) => byId.get(id) ?? []),
      most,
    ),
  )
}
