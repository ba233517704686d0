import { ApplicationFailure } from '@temporalio/common'
import { FAILURE } from '../../src/delivery/contract.ts'
import { durationMs } from '../../src/delivery/duration.ts'
import { LANE_RUN, OPEN_STATES, type RateLimit } from '../../src/delivery/types.ts'
import type { Models } from '../../src/models/connect.ts'
import { type DeliveryDocument, dueTimeMs } from '../../src/models/deliveries/document.ts'
import { eventKey } from '../../src/ids.ts'
import { TENANT } from './people.ts'
import { Fairness } from './fairness.ts'
import type { ModelTemporal } from './model-temporal.ts'
import type { Seen } from './receiver.ts'
import type { RunningWorkflow } from './running-workflow.ts'
import type { CarriedOut } from './slow-mongo.ts'
import type { Host, World } from './world.ts'

type Open = NonNullable<DeliveryDocument['open']>
type Claiming = {
  filter?: { _id?: string }
  update?: { $set?: { open?: Open; state?: string } }
}
/** What a person was told is cancelled: no attempt of this round may follow but the one that was open. */
type Cancelled = { delivery: string; round: number; open: number | undefined }
export type RefereeParts = {
  world: World
  models: Models
  temporal: ModelTemporal
  /** The limit that each has whenever it has one. */
  webhooks: ReadonlyMap<string, { limit: RateLimit }>
}

/** Watches each claim and each request while the model runs, and throws what breaks a promise. */
export class Referee {
  readonly requests: (Seen & { round: number })[] = []
  /** Times that somebody asked for a delivery again. */
  readonly asked = new Map<string, number>()
  readonly fairness: Fairness
  private readonly parts: RefereeParts
  /** By the token of each claim, who made it. */
  readonly claims = new Map<string, { host: Host; atMs: number }>()
  /** When MongoDB had the success of a delivery's round. */
  private readonly deliveredMs = new Map<string, number>()
  private readonly cancelled: Cancelled[] = []
  /** Attempts that were open when their workflow had been cancelled. */
  private readonly openAtCancel = new Map<string, Set<string>>()

  constructor(parts: RefereeParts) {
    this.parts = parts
    this.fairness = new Fairness(parts.models)
  }

  /** Somebody asks for these deliveries to be owed again. */
  asks(...deliveries: string[]): void {
    for (const id of deliveries) this.asked.set(id, (this.asked.get(id) ?? 0) + 1)
  }

  /** A person was told that a delivery is cancelled. */
  async cancelIsKnown(delivery: string): Promise<void> {
    const row = await this.row(delivery)
    if (!row) return
    this.cancelled.push({ delivery, round: row.round, open: row.open?.number })
  }

  /** A claim is made by who carries the row. */
  async carriedOut({ host, collection, method, args }: CarriedOut): Promise<void> {
    if (collection !== 'deliveries') return
    if (method === 'insertMany') await this.inserted(args[0] as DeliveryDocument[], host)
    if (method !== 'bulkWrite') return
    for (const { updateOne } of args[0] as { updateOne?: Claiming }[]) {
      const { _id: id = '' } = updateOne?.filter ?? {}
      const { open, state } = updateOne?.update?.$set ?? {}
      if (state === 'delivered') await this.isDelivered(id)
      if (!open || this.claims.has(open.token)) continue
      const row = await this.row(id)
      if (!row || row.open?.token !== open.token) continue
      this.claims.set(open.token, { host, atMs: this.parts.world.nowMs })
      this.parts.world.note(`${row._id} attempt ${open.number} is claimed by ${open.run}`)
      const { run = open.run, workflow = '' } = row.carrier ?? {}
      if (run !== open.run)
        this.fail(row._id, `${open.run} claimed what ${run} of ${workflow} carries`)
    }
  }

  /** Some rows are stored with their first attempt, open or ended. */
  private async inserted(rows: DeliveryDocument[], host: Host): Promise<void> {
    const atMs = this.parts.world.nowMs
    for (const { _id, open, state } of rows) {
      if (open) this.claims.set(open.token, { host, atMs })
      if (state === 'delivered') await this.isDelivered(_id)
    }
  }

  /** From now on the success of its round is on record, if this write was what put it there. */
  private async isDelivered(id: string): Promise<void> {
    const row = await this.row(id)
    const key = `${id} ${row?.round}`
    if (row?.state === 'delivered' && !this.deliveredMs.has(key))
      this.deliveredMs.set(key, this.parts.world.nowMs)
  }

  /** A request may have been sent. */
  async came(seen: Seen): Promise<void> {
    const row = await this.row(seen.delivery)
    if (!row) await this.isFirst(seen)
    const others = this.requests.filter((one) => one.delivery === seen.delivery)
    if (others.some((one) => one.number === seen.number))
      this.fail(seen.delivery, `attempt ${seen.number} was sent twice`)
    for (const other of others)
      if (other.endMs > seen.startMs && !other.host.wasTroubled && !seen.host.wasTroubled)
        this.fail(seen.delivery, `attempts ${other.number} and ${seen.number} overlap`)
    this.requests.push(Object.assign(seen, { round: row?.round ?? 1 }))
    if (row && !seen.host.wasTroubled) this.isOwed(seen, row)
    this.isWithinRate(seen)
    const starved = await this.fairness.starved(seen)
    if (starved !== undefined) this.fail(starved, 'gets no turn beside the others')
  }

  /** What a cancelled workflow still had open may end; nothing of it is owed any more. */
  async workflowEnded({ ids, status, type }: RunningWorkflow, error: unknown): Promise<void> {
    const isKnown = error instanceof ApplicationFailure && error.type === FAILURE.deliveriesFailed
    if (status === 'FAILED' && !isKnown) throw error
    if (status !== 'CANCELLED') return
    const rows = await this.parts.models.deliveries
      .find({ 'carrier.workflow': ids.workflow })
      .lean<DeliveryDocument[]>()
    const open = rows.flatMap((row) => (row.open ? `${row._id} ${row.open.number}` : []))
    this.openAtCancel.set(`${ids.workflow} ${ids.run}`, new Set(open))
    for (const row of rows)
      if (isOwed(row) && type === 'deliverEvents')
        this.fail(row._id, `is owed, and ${ids.workflow} was cancelled`)
  }

  fail(delivery: string, what: string): never {
    const story = process.env['HERALD_TEST_TRACE']
      ? this.parts.world.story()
      : this.parts.world.story(delivery, 'is dead', 'is stopped', 'goes on', 'command').slice(-60)
    const error = new Error([`${delivery} ${what}`, ...story].join('\n'))
    this.parts.world.breaks(error)
    throw error
  }

  private isOwed({ number, delivery, by, startMs }: Seen, row: DeliveryDocument): void {
    if (row.open?.number !== number) this.fail(delivery, `attempt ${number} was sent unclaimed`)
    // a first attempt is its process's
    if (row.open?.run.replace(/^first\//, '') !== by.run)
      this.fail(delivery, `attempt ${number} was sent by ${by.run}`)
    const earlyMs = dueTimeMs(row) - startMs
    if (earlyMs > 0) this.fail(delivery, `attempt ${number} was sent ${earlyMs} ms too early`)
    const claimedMs = this.claims.get(row.open?.token ?? '')?.atMs ?? Infinity
    if (
      row.state === 'delivered' &&
      (this.deliveredMs.get(`${delivery} ${row.round}`) ?? 0) < claimedMs
    )
      this.fail(delivery, `attempt ${number} was sent after a recorded success`)
    for (const cancel of this.cancelled)
      if (cancel.delivery === delivery && cancel.round === row.round && cancel.open !== number)
        this.fail(delivery, `attempt ${number} was sent after its cancel was acknowledged`)
    const last = row.carrier && this.parts.temporal.latest(row.carrier.workflow)
    const open = last && this.openAtCancel.get(`${last.ids.workflow} ${last.ids.run}`)
    const isIts = row.carrier?.run === LANE_RUN || row.carrier?.run === last?.ids.run
    if (isIts && open && !open.has(`${delivery} ${number}`))
      this.fail(delivery, `attempt ${number} was sent after its workflow was cancelled`)
  }

  /** The first attempt of a new delivery has no row yet: its event is stored, and owned by who sends it. */
  private async isFirst({ delivery, event, webhook, number, by }: Seen): Promise<void> {
    const key = eventKey(TENANT, event)
    const stored = await this.parts.models.events.findById(key).lean()
    const isOwned = stored?.workflow === by.workflow && stored.webhooks.includes(webhook)
    if (number !== 1 || !isOwned) this.fail(delivery, `attempt ${number} was sent without a row`)
  }

  private isWithinRate({ webhook, startMs, isLimited }: Seen): void {
    const { limit } = this.parts.webhooks.get(webhook) ?? {}
    if (!limit || !isLimited) return
    const sinceMs = startMs - durationMs(limit.per)
    const within = this.requests.filter(
      (one) => one.isLimited && one.webhook === webhook && one.startMs > sinceMs,
    )
    if (within.length > limit.limit)
      this.fail(webhook, `got ${within.length} requests within ${limit.per}`)
  }

  private row(id: string) {
    return this.parts.models.deliveries.findById(id).lean<DeliveryDocument>()
  }
}

export function isOwed({ state }: Pick<DeliveryDocument, 'state'>): boolean {
  return OPEN_STATES.some((open) => open === state)
}
