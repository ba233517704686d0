import { setTimeout as sleep } from 'node:timers/promises'
import { eventKey } from '../../ids.ts'
import { BulkWriter } from '../bulk-writer.ts'
import type { Models } from '../connect.ts'
import { patiently } from '../patience.ts'
import type { AttemptDocument } from './attempt.ts'
import type { DeliveryDocument } from './document.ts'
import { LOG_MAX } from './updates.ts'

/** How long what was delivered may wait for others to be noted with it. */
const MARK_MS = 50

type Row = Pick<DeliveryDocument, '_id' | 'tenant' | 'event' | 'webhook'>

/** What attempts leave beside their row: the older records, and that the event was delivered. */
export class Records {
  private readonly models: Models
  private readonly attempts: BulkWriter<AttemptDocument>
  /** Keys of events that are to be noted as delivered. */
  private readonly delivered = new Set<string>()
  private marking: Promise<unknown> | undefined

  constructor(models: Models) {
    this.models = models
    this.attempts = new BulkWriter(models.attempts)
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

  /** Notes that events were delivered, some time after, many at once. */
  markDelivered({ tenant, event }: Row): void {
    this.delivered.add(eventKey(tenant, event))
    this.marking ??= this.mark()
      .catch(() => undefined) // this process has closed its connection: the rows say the same
      .finally(() => (this.marking = undefined))
  }

  private async mark(): Promise<void> {
    while (this.delivered.size > 0) {
      await sleep(MARK_MS, undefined, { ref: false })
      const keys = [...this.delivered]
      this.delivered.clear()
      const unmarked = { _id: { $in: keys }, delivered: false }
      await patiently(() => this.models.events.updateMany(unmarked, { $set: { delivered: true } }))
    }
  }
}
