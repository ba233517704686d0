import { Context } from '@temporalio/activity'
import { bootClock } from '../boot-clock.ts'
import { preciseNow } from '../clock.ts'
import type { LaneInput, LaneRoundResult, LaneView } from '../delivery/contract.ts'
import { type Carrier, LANE_RUN } from '../delivery/types.ts'
import { laneFor } from '../models/deliveries/updates.ts'
import { rateOf } from '../delivery/slot-rule.ts'
import type { Models } from '../models/connect.ts'
import type { LaneRows, QueuedRow } from '../models/lane-rows.ts'
import type { Claims } from '../models/deliveries/claims.ts'
import type { DeliveryChanges } from '../models/deliveries/changes.ts'
import type { DeliveryReads } from '../models/deliveries/reads.ts'
import { patiently } from '../models/patience.ts'
import type { WebhookDocument } from '../models/webhook.ts'
import type { Caps } from './caps.ts'
import { settleAbandoned } from './due-rows.ts'
import { type Bell, type LaneBells } from './lane-bells.ts'
import { LaneQueue } from './lane-queue.ts'
import { LaneRound, type RoundEnd } from './lane-round.ts'
import { LaneSlots } from './lane-slots.ts'
import type { LaneWaker } from './lane-waker.ts'
import { ruledRows } from './ruled-rows.ts'
import type { Sender } from './sender.ts'

/** Temporal takes a lane for dead after 1.5 s without a sign of life. */
const HEARTBEAT_MS = 400
/** A change of the webhook is in force at the latest after this. */
const WEBHOOK_FRESH_MS = 1_000
/** Rows that are ended together when their webhook is over. */
const END_PAGE = 1_000

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
  now: () => number
  stopping: AbortSignal
}

/**
 * One round of a lane: takes the lane over from whoever had it, and sends what is held, retries first, never more than
 * `limit` requests in any interval of `per`. Returns when and why the next round should be.
 */
export async function sendHeld(input: LaneInput, deps: LaneDependencies): Promise<LaneRoundResult> {
  const { cancellationSignal, heartbeat, info } = Context.current()
  const timer = setInterval(() => heartbeat(), HEARTBEAT_MS)
  const bell = deps.bells.open(input.webhook)
  try {
    const lane = laneFor(info.workflowExecution?.workflowId ?? '')
    const slots = await LaneSlots.take(deps.models, bootClock, input)
    const queue = new LaneQueue(input.webhook, {
      rows: deps.laneRows,
      whole: (ids) => deps.reads.open(ids),
      now: preciseNow,
      abandoned: (row) => abandoned(row, { deps, lane, signal: cancellationSignal }),
    })
    const webhook = new FreshWebhook(input.webhook, deps)
    const round = new LaneRound(lane, {
      sender: deps.sender,
      caps: deps.caps,
      stopping: deps.stopping,
      queue,
      slots,
      bell,
      active: () => webhook.active(),
      settled: (id) => deps.bells.settled(id),
    })
    deps.bells.show(input.webhook, () => queue.positions())
    const end = await round.run(cancellationSignal)
    return await conclude(input, { deps, end, bell, slots, round, webhook })
  } finally {
    clearInterval(timer)
    deps.bells.close(input.webhook, bell)
  }
}

type Ended = {
  deps: LaneDependencies
  end: RoundEnd
  bell: Bell
  slots: LaneSlots
  round: LaneRound
  webhook: FreshWebhook
}

/** The result; a bell that rang too late for this round is the next one's. */
async function conclude(input: LaneInput, ended: Ended): Promise<LaneRoundResult> {
  const { deps, end, bell, slots, round, webhook } = ended
  const rate = webhook.last && rateOf(webhook.last.rateLimit)
  if (rate && !slots.isFenced) await slots.store(rate)
  const { held, retrying } = await deps.laneRows.counts(input.webhook)
  const limit = webhook.last?.rateLimit
  const view: LaneView = {
    limit: limit ? `${limit.limit} per ${limit.per}` : null,
    held,
    retrying,
    sent: round.sent,
    sentInWindow: rate ? slots.used(rate) : 0,
    nextSlotAt: rate ? new Date(slots.nextMs(rate)).toISOString() : null,
  }
  deps.bells.close(input.webhook, bell)
  const isLate = bell.heard()
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

/** Sees to an attempt whose sender may be gone; gives when its row may be tried again. */
async function abandoned(
  row: QueuedRow,
  { deps, lane, signal }: { deps: LaneDependencies; lane: Carrier; signal: AbortSignal },
): Promise<number> {
  const now = deps.now()
  if (row.open && deps.sender.current(row.open.token)) return now + WEBHOOK_FRESH_MS
  const until = row.open?.until.getTime() ?? now
  if (row.open?.run !== LANE_RUN && until > now) return until
  await settleAbandoned(await deps.reads.open([row._id]), { ...deps, carrier: lane, signal })
  return now
}

/** The lane's webhook, read again when it is a second old. */
class FreshWebhook {
  /** As it was read last. */
  last: WebhookDocument | null = null
  private readonly id: string
  private readonly deps: LaneDependencies
  private readMs = -Infinity

  constructor(id: string, deps: LaneDependencies) {
    this.id = id
    this.deps = deps
  }

  /** Undefined while nothing may be sent; if that is for good, all that it is owed has been ended. */
  async active(): Promise<WebhookDocument | undefined> {
    if (preciseNow() - this.readMs > WEBHOOK_FRESH_MS) {
      this.last = await patiently(() => this.deps.models.webhooks.findById(this.id).lean().exec())
      this.readMs = preciseNow()
    }
    if (this.last?.state === 'active' && !this.last.deletedAt) return this.last
    if (this.last?.state !== 'paused' || this.last.deletedAt) await this.endAll()
    return undefined
  }

  private async endAll(): Promise<void> {
    for (;;) {
      const queued = [
        ...(await this.deps.laneRows.held(this.id, END_PAGE)),
        ...(await this.deps.laneRows.retrying(this.id, END_PAGE)),
      ]
      if (queued.length === 0) return
      const rows = await this.deps.reads.open(queued.map((row) => row._id))
      // a test that was in the lane when its webhook was disabled ends with the rest
      const owed = rows.map(({ test: _test, ...row }) => row)
      await ruledRows(this.last, owed, this.deps)
      for (const row of rows) this.deps.bells.settled(row._id)
    }
  }
}
