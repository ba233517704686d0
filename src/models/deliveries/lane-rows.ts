import { LANE_RUN, type OPEN_STATES } from '../../delivery/types.ts'
import type { Models } from '../connect.ts'
import type { DeliveryDocument } from './document.ts'
import { patiently } from '../patience.ts'

/** A row as the lane's queue knows it; the rest is read when its turn comes. */
export type QueuedRow = Pick<DeliveryDocument, '_id' | 'dueAt' | 'open'>

const QUEUED = { dueAt: 1, open: 1 } as const

/** The queue of a lane is what MongoDB holds for its webhook; these are its reads. */
export class LaneRows {
  private readonly models: Models

  constructor(models: Models) {
    this.models = models
  }

  /** The oldest rows that wait for their first attempt of a round. */
  held(webhook: string, limit: number): Promise<QueuedRow[]> {
    return this.oldest({ webhook, state: 'held' }, limit)
  }

  /** The rows that wait for a retry, the one that is due first at the front. */
  retrying(webhook: string, limit: number): Promise<QueuedRow[]> {
    return this.oldest({ webhook, state: 'retrying' }, limit)
  }

  /** How many rows the webhook is owed, by state; counted up to `most` each. */
  async counts(
    webhook: string,
    most = 1_000_000,
  ): Promise<{ held: number; retrying: number; pending: number }> {
    const count = (state: (typeof OPEN_STATES)[number]) =>
      patiently(() => this.models.deliveries.countDocuments({ webhook, state }, { limit: most }))
    const [held, retrying, pending] = await Promise.all([
      count('held'),
      count('retrying'),
      count('pending'),
    ])
    return { held, retrying, pending }
  }

  private oldest(
    filter: { webhook: string; state: 'held' | 'retrying' },
    limit: number,
  ): Promise<QueuedRow[]> {
    return patiently(() =>
      this.models.deliveries
        .find({ ...filter, 'carrier.run': { $in: [LANE_RUN, null] } }, QUEUED)
        .sort({ dueAt: 1 })
        .limit(limit)
        .lean<QueuedRow[]>()
        .exec(),
    )
  }
}
