import { Context } from '@temporalio/activity'
import { bootClock } from './boot-clock.ts'
import { preciseNow } from '../../clock.ts'
import type { LaneInput, LanePassResult, LaneView } from '../../delivery/contract.ts'
import { type Carrier, LANE_RUN } from '../../delivery/types.ts'
import { rateOf } from '../../delivery/slot-rule.ts'
import type { Logger } from '../../logger.ts'
import type { Models } from '../../models/connect.ts'
import type { LaneRows, QueuedRow } from '../../models/deliveries/lane-rows.ts'
import type { Claims } from '../../models/deliveries/claims.ts'
import type { DeliveryChanges } from '../../models/deliveries/changes.ts'
import type { DeliveryReads } from '../../models/deliveries/reads.ts'
import { laneFor } from '../../models/deliveries/updates.ts'
import { laneRingStore } from '../../models/webhooks/lane-ring.ts'
import type { Caps } from '../deliver/caps.ts'
import { settleAbandoned } from '../deliver/due-rows.ts'
import type { Bell, LaneBells } from './bells.ts'
import { LaneQueue } from './queue.ts'
import type { PassEnd } from './rest.ts'
import { LanePass } from './pass.ts'
import { LaneSlots } from './slots.ts'
import { LaneStock } from './stock.ts'
import type { LaneWaker } from './waker.ts'
import { LaneWebhook } from './webhook.ts'
import type { Sender } from '../deliver/sender.ts'

/** Temporal takes a lane for dead after 1.5 s without a sign of life. */
const HEARTBEAT_MS = 400
/** Before a row that is under way in this process is looked at again. */
const UNDER_WAY_MS = 1_000

export type LaneDependencies = {
  models: Models
  claims: Claims
  changes: DeliveryChanges
  reads: DeliveryReads
  laneRows: LaneRows
  sender: Sender
  caps: Caps
  bells: LaneBells
  waker: LaneWaker
  logger: Logger
  now: () => number
  stopping: AbortSignal
}

/**
 * One pass of a lane: takes the lane over from whoever had it, and sends what is held, retries first, never more than
 * `limit` requests in any interval of `per`. Returns when and why the next pass should be.
 */
export async function sendHeld(input: LaneInput, deps: LaneDependencies): Promise<LanePassResult> {
  const { cancellationSignal: signal, heartbeat } = Context.current()
  const timer = setInterval(() => heartbeat(), HEARTBEAT_MS)
  const bell = deps.bells.open(input.webhook)
  const webhook = new LaneWebhook(input.webhook, deps)
  try {
    // before anything is written: a webhook that cannot be read makes the lane fail again and again
    await webhook.read(signal)
    const pass = { deps, webhook, bell, signal }
    const worked = webhook.active() && (await work(input, pass))
    await webhook.over()
    return await conclude(input, pass, worked)
  } finally {
    clearInterval(timer)
    deps.bells.close(input.webhook, bell)
  }
}

type Worked = { end: PassEnd; sent: number; slots: LaneSlots }
type Pass = { deps: LaneDependencies; webhook: LaneWebhook; bell: Bell; signal: AbortSignal }

/** Sends until the pass is over. */
async function work(input: LaneInput, { deps, webhook, bell, signal }: Pass): Promise<Worked> {
  const { bells, sender, caps, stopping, logger } = deps
  const lane = laneFor(Context.current().info.workflowExecution?.workflowId ?? '')
  const machine = { ...bootClock, nowMs: preciseNow }
  const slots = await LaneSlots.take(laneRingStore(deps.models.laneRings), machine, input)
  const queue = new LaneQueue(input.webhook, {
    rows: deps.laneRows,
    whole: (ids) => deps.reads.open(ids),
    now: preciseNow,
    abandoned: (row) => abandoned(row, { deps, lane, slots, signal }),
    failed: (delivery, err) => logger.error({ delivery, err }, 'lane.row_failed'),
  })
  const stock = new LaneStock({ lane, queue, sender, changed: () => bell.nudge() })
  const active = () => webhook.active()
  const settled = (id: string) => bells.settled(id)
  const parts = { sender, caps, queue, stock, slots, bell, active, settled, stopping }
  const pass = new LanePass(parts)
  bells.show(input.webhook, () => queue.positions())
  const end = await pass.run(signal)
  return { end, sent: pass.sent, slots }
}
/** The result; a bell that rang too late for this pass is the next one's. */
async function conclude(
  input: LaneInput,
  { deps, webhook, bell }: Pass,
  worked: Worked | undefined,
): Promise<LanePassResult> {
  const limit = webhook.last?.rateLimit ?? null
  const rate = rateOf(limit)
  const [{ held, retrying }] = await Promise.all([
    deps.laneRows.counts(input.webhook),
    rate && worked?.slots.close(rate),
  ])
  const view: LaneView = {
    limit: limit ? `${limit.limit} per ${limit.per}` : null,
    held,
    retrying,
    sent: worked?.sent ?? 0,
    sentInWindow: (rate && worked?.slots.used(rate)) ?? 0,
    nextSlotAt: rate && worked ? new Date(worked.slots.nextMs(rate)).toISOString() : null,
  }
  deps.bells.close(input.webhook, bell)
  const isLate = bell.heard()
  const end = worked?.end ?? { next: 'inactive' as const }
  if (end.next === 'fenced') {
    if (isLate) deps.waker.wake(input)
    return { ...view, next: 'now' }
  }
  if (end.next === 'inactive') return { ...view, next: 'inactive' }
  if (end.next === 'slot') return { ...view, next: 'slot', inMs: end.atMs - preciseNow() }
  if (isLate) return { ...view, next: 'now' }
  if (end.next === 'due') return { ...view, next: 'due', inMs: end.atMs - preciseNow() }
  return { ...view, next: end.next }
}

type Abandoned = {
  deps: LaneDependencies
  lane: Carrier
  slots: LaneSlots
  signal: AbortSignal
}

/** Sees to an attempt whose sender may be gone; gives when its row may be tried again. */
async function abandoned(
  row: QueuedRow,
  { deps, lane, slots, signal }: Abandoned,
): Promise<number> {
  const now = deps.now()
  if (row.open && deps.sender.current(row.open.token)) return now + UNDER_WAY_MS
  const until = row.open?.until.getTime() ?? now
  if (row.open?.run !== LANE_RUN && until > now) return until
  // the attempt is the next sender's where this one stood still and has lost the lane
  if (row.open?.run === LANE_RUN && !(await slots.isMine())) return now + UNDER_WAY_MS
  const rows = await deps.reads.open([row._id])
  const dead = rows.filter(({ open }) => open?.token === row.open?.token)
  await settleAbandoned(dead, { ...deps, carrier: lane, signal })
  return now
}
