import { eventKey } from '../../ids.ts'
import { BulkWriter } from '../bulk-writer.ts'
import type { Models } from '../connect.ts'
import type { EventDocument } from '../event.ts'
import { patiently } from '../patience.ts'
import type { AttemptDocument } from './attempt.ts'
import type { DeliveryDocument } from './document.ts'
import { LOG_MAX } from './updates.ts'

type Row = Pick<DeliveryDocument, '_id' | 'tenant' | 'event' | 'webhook'>

/** What attempts leave beside their row: the older records, and that the event was delivered. */
export class Records {
  private readonly models: Models
  private readonly attempts: BulkWriter<AttemptDocument>
  private readonly events: BulkWriter<EventDocument>
  /** Writes under way that note an event as delivered, by its key. */
  private readonly marking = new Map<string, Promise<unknown>>()

  constructor(models: Models) {
    this.models = models
    this.attempts = new BulkWriter(models.attempts)
    this.events = new BulkWriter(models.events)
  }

  /** The row holds the latest attempts only: its oldest becomes a document of its own, before it falls out. */
  async makeRoom({ _id, tenant, event, webhook }: Row): Promise<void> {
    const row = await patiently(() =>
      this.models.deliveries.findById(_id, { log: 1 }).lean().exec(),
    )
    const [oldest] = row?.log ?? []
    if (!oldest || (row?.log?.length ?? 0) < LOG_MAX) return
    const fields = { ...oldest, tenant, delivery: _id, event, webhook }
    const filter = { _id: `${_id}/${oldest.number}` }
    await this.attempts.write({ updateOne: { filter, update: { $set: fields }, upsert: true } })
  }

  /** One write for all that wait for it: an event may go to thousands of webhooks. */
  async markDelivered(row: Row): Promise<void> {
    const _id = eventKey(row.tenant, row.event)
    const update = { $set: { delivered: true } }
    const marking =
      this.marking.get(_id) ??
      this.events
        .write({ updateOne: { filter: { _id, delivered: false }, update } })
        .finally(() => this.marking.delete(_id))
    this.marking.set(_id, marking)
    await marking
  }
}
