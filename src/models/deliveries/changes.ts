import type { Reason } from '../../delivery/failure-codes.ts'
import { type Carrier, type DeliveryState, FINAL_STATES, LANE_RUN } from '../../delivery/types.ts'
import { BulkWriter } from '../bulk-writer.ts'
import type { Models } from '../connect.ts'
import type { DeliveryDocument } from './document.ts'
import { patiently } from '../patience.ts'
import { keepEventsOf } from '../retention.ts'
import { type Reset, resetChange, type ResetRow, resettable } from './reset.ts'
import { carriedBy, finished, laneFor, newRound, OPEN } from './updates.ts'

type Row = Pick<DeliveryDocument, '_id'>
const FINAL = { $in: [...FINAL_STATES] }

/**
 * Every change of a stored delivery; claims.ts has those of its attempts, and nobody else writes one's state. Each is one
 * conditional write of one row, so of two who want the same one gets it, and each may be repeated.
 *
 * | change     | from                                     | to                                              |
 * | ---------- | ---------------------------------------- | ----------------------------------------------- |
 * | claim      | open, mine, no attempt open              | the same, an attempt open under my token        |
 * | renew      | attempt open under my token              | the same, believed alive for longer             |
 * | giveBack   | attempt open under my token              | no attempt open, its number free again          |
 * | settle     | attempt open under my token              | delivered, retrying, failed; ended rows stay so |
 * | writeOff   | open, attempt open whose sender is dead  | due now, the attempt `unknown` on record        |
 * | writeOffEnded | final, attempt open, its sender dead  | the same, the attempt `unknown` on record       |
 * | handOver   | open, mine, no attempt open              | its lane carries it; `pending` becomes `held`   |
 * | holdInLane | `pending`, of a lane                     | `held`                                          |
 * | takeOver   | open, its carrier is gone                | mine; `held` becomes `pending`                  |
 * | dueNow     | open                                     | due now                                         |
 * | reopen     | final                                    | `pending` or `held`, in the next round          |
 * | reset      | failed or open, of my workflow           | reset.ts                                        |
 * | end        | open                                     | failed or cancelled; an open attempt goes on    |
 * | cancel     | open                                     | cancelled; an open attempt goes on              |
 */
export class DeliveryChanges {
  private readonly models: Models
  private readonly deliveries: BulkWriter<DeliveryDocument>

  constructor(models: Models) {
    this.models = models
    this.deliveries = new BulkWriter(models.deliveries)
  }

  /** Hands rows to the lane of their webhook; those with an attempt open, or of another carrier, stay. */
  async handOver(rows: Row[], carrier: Carrier): Promise<void> {
    const mine = { open: { $exists: false }, ...carriedBy(carrier) }
    const lane = laneFor(carrier.workflow)
    await Promise.all(
      rows.flatMap(({ _id }) => [
        this.change({ _id, state: 'pending', ...mine }, { carrier: lane, state: 'held' }),
        this.change({ _id, state: { $in: ['held', 'retrying'] }, ...mine }, { carrier: lane }),
      ]),
    )
  }

  /** A row that its lane carries waits in its lane, whatever put it there. */
  async holdInLane(webhook: string): Promise<void> {
    const pending = { webhook, state: 'pending' as const, 'carrier.run': LANE_RUN }
    const { deliveries } = this.models
    await patiently(() => deliveries.updateMany(pending, { $set: { state: 'held' as const } }))
  }

  /** Takes a row from a carrier that is gone. Another one may be quicker: look who carries it then. */
  async takeOver({ _id }: Row, from: Carrier | undefined, to: Carrier): Promise<void> {
    const theirs = from
      ? { 'carrier.run': from.run, 'carrier.workflow': from.workflow }
      : { carrier: { $exists: false } }
    await this.change({ _id, state: 'held', ...theirs }, { carrier: to, state: 'pending' })
    await this.change({ _id, state: { $in: ['pending', 'retrying'] }, ...theirs }, { carrier: to })
  }

  /** Makes the next attempt of a row that is still owed due now. */
  async dueNow(id: string): Promise<void> {
    await this.change({ _id: id, state: OPEN }, { dueAt: new Date() })
  }

  /** Owes a finished row again in this round of its schedule; attempt numbers go on. Look who carries it then. */
  async reopen(id: string, round: number, carrier: Carrier): Promise<void> {
    const finishedRow = { _id: id, state: FINAL, round: round - 1 }
    const update = newRound(carrier, new Date())
    await patiently(() => this.models.deliveries.updateOne(finishedRow, update))
    await keepEventsOf(this.models, [id])
  }

  /** Owes many finished rows again, each in the round after the one that it was seen in; says which replay did. */
  async reopenFor(
    replay: string,
    rows: { id: string; round: number; dueAt: Date; carrier: Carrier }[],
  ): Promise<void> {
    const now = new Date()
    await Promise.all(
      rows.map(({ id, round, dueAt, carrier }) =>
        this.deliveries.write({
          updateOne: {
            filter: { _id: id, state: FINAL, round },
            update: newRound(carrier, now, { dueAt, replay }),
          },
        }),
      ),
    )
    const ids = rows.map((row) => row.id)
    await keepEventsOf(this.models, ids)
  }

  /**
   * A reset's rows; reset.ts says what becomes of each. `isCurrent` is asked after each look, so that a run which a later
   * reset has ended changes nothing that the later one saw to.
   */
  async reopenByReset(reset: Reset, isCurrent: () => Promise<boolean>): Promise<void> {
    for (;;) {
      const rows = await this.models.deliveries.find(...resettable(reset)).lean<ResetRow[]>()
      if (rows.length === 0 || !(await isCurrent())) break
      const changes = rows.map((row) => resetChange(row, reset, new Date()))
      await Promise.all(changes.map((updateOne) => this.deliveries.write({ updateOne })))
    }
    await keepEventsOf(this.models, reset.ids)
  }

  /** Ends open rows without an attempt, those among them that are `mine`; an attempt that is open goes on. */
  async end(
    rows: Row[],
    { at, ...ending }: { state: DeliveryState; reason: Reason; at: Date },
    mine: Record<string, unknown> = {},
  ): Promise<void> {
    const update = finished(ending, at)
    await Promise.all(
      rows.map(({ _id }) =>
        this.deliveries.write({ updateOne: { filter: { _id, state: OPEN, ...mine }, update } }),
      ),
    )
  }

  /** Ends one row of this tenant for a person; `finished` where there was nothing left to end. */
  async cancel(
    { _id, tenant }: { _id: string; tenant: string },
    { reason, at }: { reason: Reason; at: Date },
  ): Promise<'cancelled' | 'finished'> {
    const update = finished({ state: 'cancelled', reason }, at)
    const owed = { _id, tenant, state: OPEN }
    const { matchedCount } = await this.models.deliveries.updateOne(owed, update)
    return matchedCount > 0 ? 'cancelled' : 'finished'
  }

  private async change(
    filter: Record<string, unknown>,
    set: Partial<DeliveryDocument>,
  ): Promise<void> {
    await this.deliveries.write({ updateOne: { filter, update: { $set: set } } })
  }
}
