import mongoose, { type Model } from 'mongoose'
import {
  type DeliveryState,
  type EventEnvelope,
  FINAL_STATES,
  OPEN_STATES,
} from '../delivery/types.ts'
import { eventKey } from '../ids.ts'
import { BulkWriter } from './bulk-writer.ts'
import type { Models } from './connect.ts'
import type { DeliveryDocument } from './delivery.ts'
import type { EventDocument } from './event.ts'
import { keepEventsOf } from './retention.ts'
import type { WebhookDocument } from './webhook.ts'

export type StoredEvent = Pick<
  EventDocument,
  '_id' | 'workflow' | 'webhooks' | 'filterErrors' | 'hash' | 'purgeAt'
>
/** An event and the webhooks that it is on record for; those among them whose filter failed. */
export type MatchedSet = {
  event: EventEnvelope
  webhooks: string[]
  filterErrors: { webhook: string; detail: string }[]
}
export type FilterErrorNote = { webhook: string; detail: string; event: string }
export type StoredRow = { _id: string; state: DeliveryState }

const DUPLICATE_KEY = 11000
const OWNER = { workflow: 1, webhooks: 1, filterErrors: 1, hash: 1, purgeAt: 1 } as const

const keyOf = (event: EventEnvelope) => eventKey(event.tenant, event.id)

/** What matchWebhooks stores and reads: events with their owner, and the rows of their deliveries. */
export class Outbox {
  private readonly models: Models
  private readonly deliveries: BulkWriter<DeliveryDocument>

  constructor(models: Models) {
    this.models = models
    this.deliveries = new BulkWriter(models.deliveries)
  }

  /** What is stored of these events, by key. */
  async storedEvents(events: EventEnvelope[]): Promise<Map<string, StoredEvent>> {
    return this.eventsByKey(events.map(keyOf))
  }

  /** The webhooks that may want one of these events, not deleted, whatever their state: those that list its type or any glob. */
  async candidates(events: EventEnvelope[]): Promise<WebhookDocument[]> {
    const tenants = [...new Set(events.map((event) => event.tenant))]
    const listing = { events: { $in: [...new Set(events.map((event) => event.type)), /\*/] } }
    const tested = events.flatMap((event) => event.onlyWebhook ?? [])
    const found = await this.models.webhooks
      .find({
        tenant: { $in: tenants },
        deletedAt: { $exists: false },
        ...(tested.length > 0 ? { $or: [listing, { _id: { $in: tested } }] } : listing),
      })
      .lean()
      .exec()
    return found
  }

  /** The webhooks of these ids, deleted ones too; `known` saves reading those again. */
  async withWebhooks(
    known: WebhookDocument[],
    ids: string[],
  ): Promise<Map<string, WebhookDocument>> {
    const webhooks = new Map(known.map((webhook) => [webhook._id, webhook]))
    const unknown = [...new Set(ids)].filter((id) => !webhooks.has(id))
    if (unknown.length === 0) return webhooks
    const found = await this.models.webhooks
      .find({ _id: { $in: unknown } })
      .lean()
      .exec()
    for (const webhook of found) webhooks.set(webhook._id, webhook)
    return webhooks
  }

  /** Stores events under this owner, unless somebody else did first; gives what is stored then. */
  async storeEvents(workflow: string, sets: MatchedSet[]): Promise<Map<string, StoredEvent>> {
    const documents = sets.map((set) => eventDocument(set, workflow))
    const inserted = await insertNew(this.models.events, documents)
    if (inserted) return new Map(documents.map((document) => [document._id, document]))
    return this.eventsByKey(documents.map((document) => document._id))
  }

  /** Notes on the stored event that other bytes came under its id and were not delivered. */
  async noteConflicts(events: EventEnvelope[], nowMs: number): Promise<void> {
    for (const event of events)
      await this.models.events.updateOne(
        { _id: keyOf(event), 'conflicts.hash': { $ne: event.hash } },
        { $push: { conflicts: { hash: event.hash, at: new Date(nowMs) } } },
      )
  }

  /** Shows on each webhook the last event for which its filter failed; its version stays, since nobody changed it. */
  async noteFilterErrors(notes: FilterErrorNote[], nowMs: number): Promise<void> {
    const at = new Date(nowMs)
    const last = new Map(
      notes.map(({ webhook, detail, event }) => [webhook, { detail, at, event }]),
    )
    if (last.size === 0) return
    await this.models.webhooks.bulkWrite(
      [...last].map(([_id, filterError]) => ({
        updateOne: { filter: { _id }, update: { $set: { filterError } } },
      })),
      { ordered: false },
    )
  }

  /**
   * Stores rows that are not there yet. Gives the state of those that were; empty if all are new.
   * With `reopenFailed` (a reset), failed rows are owed again in a new round, and every open row gets a new epoch; those of
   * `limited` webhooks go to their lanes.
   */
  async storeRows(
    rows: DeliveryDocument[],
    options: { reopenFailed: boolean; limited: string[] },
  ): Promise<Map<string, StoredRow>> {
    if (rows.length === 0) return new Map()
    const inserted = await insertNew(this.models.deliveries, rows)
    if (inserted && !options.reopenFailed) return new Map()
    const ids = rows.map((row) => row._id)
    if (options.reopenFailed) await this.reopenFailed(ids, options.limited)
    const found = await this.models.deliveries
      .find({ _id: { $in: ids } }, { state: 1 })
      .lean()
      .exec()
    return new Map(found.map((row) => [row._id, row]))
  }

  /** Owes a finished row again: round number `round` of its schedule on the same row, attempt numbers go on. */
  async reopen(id: string, round: number, state: 'pending' | 'held'): Promise<void> {
    const finished = { $in: [...FINAL_STATES] }
    await this.models.deliveries.updateOne(
      { _id: id, state: finished, round: round - 1 },
      newRound(state),
    )
    await keepEventsOf(this.models, [id])
  }

  /** Owes many finished rows again, each in the round after the one that it was seen in; says which replay did. */
  async reopenFor(
    replay: string,
    rows: { id: string; round: number; dueAt: Date; state: 'pending' | 'held' }[],
  ): Promise<void> {
    await Promise.all(
      rows.map(({ id, round, dueAt, state }) => {
        const { $set, ...change } = newRound(state)
        return this.deliveries.write({
          updateOne: {
            filter: { _id: id, state: { $in: [...FINAL_STATES] }, round },
            update: { ...change, $set: { ...$set, dueAt, replay } },
          },
        })
      }),
    )
    await keepEventsOf(
      this.models,
      rows.map((row) => row.id),
    )
  }

  /** Makes the next attempt of a row that is still owed due now; false if it is not owed any more. */
  async dueNow(id: string): Promise<boolean> {
    const owed = { _id: id, state: { $in: [...OPEN_STATES] } }
    const result = await this.models.deliveries.updateOne(owed, { $set: { dueAt: new Date() } })
    return result.matchedCount > 0
  }

  private async reopenFailed(ids: string[], limited: string[]): Promise<void> {
    const deliveries = this.models.deliveries
    const failed = { _id: { $in: ids }, state: 'failed' as const }
    await deliveries.updateMany({ ...failed, webhook: { $in: limited } }, newRound('held'))
    await deliveries.updateMany(failed, newRound('pending'))
    await deliveries.updateMany(
      { _id: { $in: ids }, state: { $in: [...OPEN_STATES] } },
      { $inc: { epoch: 1 }, $set: { dueAt: new Date() } },
    )
    await keepEventsOf(this.models, ids)
  }

  private async eventsByKey(keys: string[]): Promise<Map<string, StoredEvent>> {
    const found = await this.models.events
      .find({ _id: { $in: keys } }, OWNER)
      .lean()
      .exec()
    return new Map(found.map((event) => [event._id, event]))
  }
}

/** Inserts documents by their own _id; false if one or more were there before, which is no error. */
async function insertNew<T extends object>(model: Model<T>, documents: T[]): Promise<boolean> {
  try {
    await model.insertMany(documents, { ordered: false, lean: true })
    return true
  } catch (error) {
    if (error instanceof mongoose.mongo.MongoBulkWriteError) {
      const errors = [error.writeErrors].flat()
      if (errors.length > 0 && errors.every((one) => one.code === DUPLICATE_KEY)) return false
    }
    throw error
  }
}

/** The change that owes a finished row again. */
function newRound(state: 'pending' | 'held') {
  const now = new Date()
  return {
    $set: { state, failures: 0, unknowns: 0, dueAt: now, updatedAt: now },
    $inc: { round: 1, epoch: 1 },
    $unset: {
      reason: 1 as const,
      finishedAt: 1 as const,
      roundStartedAt: 1 as const,
      purgeAt: 1 as const,
    },
  }
}

function eventDocument(
  { event, webhooks, filterErrors }: MatchedSet,
  workflow: string,
): EventDocument {
  const { receivedAt, ...rest } = event
  return {
    ...rest,
    _id: keyOf(event),
    receivedAt: new Date(receivedAt),
    workflow,
    webhooks,
    ...(filterErrors.length > 0 && { filterErrors }),
    delivered: false,
  }
}
