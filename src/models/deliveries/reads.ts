import { FINAL_STATES, OPEN_STATES } from '../../delivery/types.ts'
import type { AttemptRecord } from './attempt.ts'
import type { Models } from '../connect.ts'
import type { DeliveryDocument } from './document.ts'
import { patiently } from '../patience.ts'
import { OPEN } from './updates.ts'

/** A row with its attempts, as much as a summary needs. */
export type DeliveryHistory = {
  row: Pick<DeliveryDocument, '_id' | 'state' | 'reason'>
  attempts: Pick<
    AttemptRecord,
    'number' | 'startedAt' | 'outcome' | 'code' | 'response' | 'timings'
  >[]
}
export type OwedRow = Pick<
  DeliveryDocument,
  '_id' | 'webhook' | 'state' | 'test' | 'dueAt' | 'carrier' | 'open'
>

/** A row that was ended while an attempt of it was under way. */
export type EndedRow = Pick<
  DeliveryDocument,
  '_id' | 'tenant' | 'event' | 'webhook' | 'round' | 'state' | 'open'
>

const ENDED = { tenant: 1, event: 1, webhook: 1, round: 1, state: 1, open: 1 } as const
const UNSHOWN = { body: 0, 'log.request': 0, 'log.response.body': 0 } as const
const OWED = { webhook: 1, state: 1, test: 1, dueAt: 1, carrier: 1, open: 1 } as const

/** What is asked of delivery rows by id; waits until MongoDB answers. */
export class DeliveryReads {
  private readonly models: Models

  constructor(models: Models) {
    this.models = models
  }

  /** The rows of these ids that are still owed, whole but for their log. */
  open(ids: string[], signal?: AbortSignal): Promise<DeliveryDocument[]> {
    return patiently(
      () =>
        this.models.deliveries
          .find({ _id: { $in: ids }, state: OPEN }, { log: 0 })
          .lean()
          .exec(),
      signal,
    )
  }

  /** When the rows of these ids that are still owed are due, and who carries them. */
  owed(ids: string[], signal?: AbortSignal): Promise<OwedRow[]> {
    const query = { _id: { $in: ids }, state: { $in: [...OPEN_STATES] } }
    const { deliveries } = this.models
    return patiently(() => deliveries.find(query, OWED).lean<OwedRow[]>().exec(), signal)
  }

  /** Those of these ids of which MongoDB holds nothing. */
  async missing(ids: string[], signal?: AbortSignal): Promise<string[]> {
    const { deliveries } = this.models
    const found = await patiently(
      () =>
        deliveries
          .find({ _id: { $in: ids } }, { _id: 1 })
          .lean<Pick<DeliveryDocument, '_id'>[]>()
          .exec(),
      signal,
    )
    const stored = new Set(found.map((row) => row._id))
    return ids.filter((id) => !stored.has(id))
  }

  /** The rows of these ids that were ended while an attempt of them was open. */
  ended(ids: string[], signal?: AbortSignal): Promise<EndedRow[]> {
    const query = { _id: { $in: ids }, state: { $in: [...FINAL_STATES] }, open: { $exists: true } }
    const { deliveries } = this.models
    return patiently(() => deliveries.find(query, ENDED).lean<EndedRow[]>().exec(), signal)
  }

  /** The rows of these ids, whatever their state, with their attempts in order; without bodies. */
  async history(ids: string[]): Promise<DeliveryHistory[]> {
    const rows = await patiently(() =>
      this.models.deliveries
        .find({ _id: { $in: ids } }, UNSHOWN)
        .lean()
        .exec(),
    )
    return rows.map(({ log = [], ...row }) => ({ row, attempts: log }))
  }
}
