import { OPEN_STATES } from '../../delivery/types.ts'
import type { BulkWriter } from '../bulk-writer.ts'
import type { Models } from '../connect.ts'
import { patiently } from '../patience.ts'
import type { EndedAttempt } from './attempt.ts'
import type { DeliveryDocument } from './document.ts'
import { corrected, OPEN, recorded, type Settlement, succeeded } from './updates.ts'

/** What a result became: it settled its row, or the row had gone on or been ended meanwhile and stays so. */
export type Settled = 'settled' | 'ended'
type Row = Pick<DeliveryDocument, '_id' | 'round'>
type Made = { token: string; settlement: Settlement }

/** What a late success makes delivered. */
const UNDELIVERED = [...OPEN_STATES, 'cancelled', 'failed'] as const

/** Results whose row was ended or whose attempt was written off meanwhile, or the first answer to whose write was lost. */
export class LateResults {
  private readonly models: Models
  private readonly deliveries: BulkWriter<DeliveryDocument>

  constructor(models: Models, deliveries: BulkWriter<DeliveryDocument>) {
    this.models = models
    this.deliveries = deliveries
  }

  /** Puts it on record. A success counts whatever became of the row, a failure where nothing has followed its attempt. */
  async settle(row: Row, attempt: EndedAttempt, made: Made): Promise<Settled> {
    const { settlement, token } = made
    const at = attempt.endedAt
    const now = await this.look(row, attempt)
    if (now.isOnRecord) return 'settled'
    if (now.token === token)
      await this.change({ _id: row._id, 'open.token': token }, recorded(attempt, at))
    else if (settlement.state === 'delivered') await this.replace({ _id: row._id }, attempt)
    else if (await this.counted(row, attempt, settlement)) return 'settled'
    else await this.replace({ _id: row._id }, attempt)
    if (settlement.state !== 'delivered') return 'ended'
    await this.change({ _id: row._id, state: { $in: UNDELIVERED } }, succeeded(attempt, at))
    return 'settled'
  }

  /** A failure is charged to the schedule where its attempt is still the latest of its round. */
  private async counted(row: Row, attempt: EndedAttempt, settlement: Settlement): Promise<boolean> {
    const latest = { attempts: attempt.number, state: OPEN, round: row.round }
    const filter = { _id: row._id, ...latest, open: { $exists: false } }
    await this.change(filter, corrected(attempt, settlement, attempt.endedAt), attempt.number)
    return (await this.look(row, attempt)).isOnRecord
  }

  private async replace(filter: object, attempt: EndedAttempt): Promise<void> {
    await this.change(filter, { $set: { 'log.$[one]': attempt } }, attempt.number)
  }

  private async change(filter: object, update: object, record?: number): Promise<void> {
    const arrayFilters = record === undefined ? {} : { arrayFilters: [{ 'one.number': record }] }
    await this.deliveries.write({ updateOne: { filter, update, ...arrayFilters } }, 'soon')
  }

  private async look({ _id }: Row, { number, endedAt }: EndedAttempt) {
    const shown = { 'open.token': 1, 'log.number': 1, 'log.endedAt': 1 }
    const row = await patiently(() => this.models.deliveries.findById(_id, shown).lean().exec())
    const record = row?.log?.find((one) => one.number === number)
    return { token: row?.open?.token, isOnRecord: record?.endedAt?.getTime() === endedAt.getTime() }
  }
}
