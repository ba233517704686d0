import type { Carrier } from '../../delivery/types.ts'
import type { EndedAttempt } from './attempt.ts'
import { BulkWriter, type Written } from '../bulk-writer.ts'
import type { Models } from '../connect.ts'
import type { DeliveryDocument } from './document.ts'
import { LateResults, type Settled } from './late-results.ts'
import { patiently } from '../patience.ts'
import { Records } from './records.ts'
import {
  carriedBy,
  LOG_MAX,
  OPEN,
  type OpenAttempt,
  recorded,
  settled,
  type Settlement,
  writtenOff,
} from './updates.ts'

/** An attempt in the hand of its one sender. */
export type Claim = Pick<OpenAttempt, 'number' | 'token'>
/** Whether the caller has the attempt. Who is told `lost` must not send. */
export type Claimed = 'claimed' | 'lost'
type Row = Pick<DeliveryDocument, '_id' | 'tenant' | 'event' | 'webhook' | 'round'>
type Change = { filter: object; update: ReturnType<typeof settled | typeof recorded> }

/** A result waits for one group of claims at most. */
const GROUP_MAX = 32

/** The changes of a delivery's attempts: of two senders one gets an attempt, and its record and what it means are one write. */
export class Claims {
  private readonly models: Models
  private readonly deliveries: BulkWriter<DeliveryDocument>
  private readonly records: Records
  private readonly late: LateResults

  constructor(models: Models, records = new Records(models)) {
    this.models = models
    this.deliveries = new BulkWriter(models.deliveries, GROUP_MAX)
    this.records = records
    this.late = new LateResults(models, this.deliveries)
  }

  /** Takes the next attempt of a row, if this carrier carries it and nobody else has it. */
  async claim(row: DeliveryDocument, open: OpenAttempt, carrier: Carrier): Promise<Claimed> {
    const filter = {
      _id: row._id,
      attempts: open.number - 1,
      state: OPEN,
      open: { $exists: false },
      ...carriedBy(carrier),
    }
    const update = { $set: { attempts: open.number, open, updatedAt: open.startedAt } }
    const written = await this.deliveries.write({ updateOne: { filter, update } })
    return written === 'applied' ? 'claimed' : await this.holder(row, open)
  }

  /** A claim that waited is believed alive until then, unless it was written off meanwhile or its row ended. */
  async renew(row: Row, claim: Claim, until: Date): Promise<Claimed> {
    const filter = { _id: row._id, state: OPEN, 'open.token': claim.token }
    const update = { $set: { 'open.until': until } }
    const written = await this.deliveries.write({ updateOne: { filter, update } })
    return written === 'applied' ? 'claimed' : await this.holder(row, claim)
  }

  /** Gives a claimed attempt back whose request was never sent: its number is free again. */
  async giveBack(row: Row, { number, token }: Claim): Promise<void> {
    const filter = { _id: row._id, 'open.token': token }
    const update = { $set: { attempts: number - 1 }, $unset: { open: '' as const } }
    await this.deliveries.write({ updateOne: { filter, update } })
  }

  /**
   * Writes an attempt's record and what it makes of its row; a success counts whatever became of the row. It goes before
   * further claims: what has been answered and is not on record is what a crash sends again.
   */
  async settle(
    row: Row,
    attempt: EndedAttempt,
    made: Claim & { settlement: Settlement },
  ): Promise<Settled> {
    if (attempt.number > LOG_MAX) await this.records.makeRoom(row)
    const written = await this.offer(row, attempt, made)
    if (made.settlement.state === 'delivered') this.records.markDelivered(row)
    return written === 'applied' ? 'settled' : await this.late.settle(row, attempt, made)
  }

  /**
   * The same write alone, beside the insert of the row, which MongoDB may have taken already: its answer can be long, and a
   * crash meanwhile sends again what has been answered. `settle` is to follow.
   */
  offer(
    row: Row,
    attempt: EndedAttempt,
    { token, settlement }: Claim & { settlement: Settlement },
  ): Promise<Written> {
    const filter = {
      _id: row._id,
      'open.token': token,
      // a failure says nothing of a round that began after it
      ...(settlement.state === 'delivered' ? {} : { state: OPEN, round: row.round }),
    }
    const update = settled(attempt, settlement, attempt.endedAt)
    return this.deliveries.write({ updateOne: { filter, update } }, 'soon')
  }

  /** Records an attempt whose sender is dead: it keeps its number, and counts against no schedule. */
  async writeOff(row: Row, dead: OpenAttempt, now: Date): Promise<void> {
    const update = settled(writtenOff(dead), { state: 'unknown', dueAt: now }, now)
    await this.record(row, dead, { filter: { state: OPEN }, update })
  }

  /** The same for a row that was ended meanwhile, which stays as it is. */
  async writeOffEnded(row: Row, dead: OpenAttempt, now: Date): Promise<void> {
    await this.record(row, dead, { filter: {}, update: recorded(writtenOff(dead), now) })
  }

  private async record(row: Row, { number, token }: OpenAttempt, { filter, update }: Change) {
    if (number > LOG_MAX) await this.records.makeRoom(row)
    const dead = { 'open.number': number, 'open.token': token ?? { $exists: false } }
    const found = { _id: row._id, ...filter, ...dead }
    await this.deliveries.write({ updateOne: { filter: found, update } })
  }

  private async holder(row: Pick<Row, '_id'>, { token }: Claim): Promise<Claimed> {
    const look = () => this.models.deliveries.findById(row._id, { 'open.token': 1 }).lean().exec()
    return (await patiently(look))?.open?.token === token ? 'claimed' : 'lost'
  }
}
