import type { Model } from 'mongoose'
import type { EventEnvelope } from '../../delivery/types.ts'
import { eventKey } from '../../ids.ts'
import type { Models } from '../connect.ts'
import { insertDocuments, isThere, refusalError } from '../insert.ts'
import type { DeliveryChanges } from './changes.ts'
import type { DeliveryDocument } from './document.ts'
import type { EventDocument } from '../event.ts'
import type { Reset } from './reset.ts'
import type { WebhookDocument } from '../webhooks/document.ts'

export type StoredEvent = Pick<
  EventDocument,
  '_id' | 'workflow' | 'webhooks' | 'later' | 'filterErrors' | 'hash' | 'purgeAt' | 'storedAt'
>
/** An event and the webhooks that it is on record for; those among them whose filter failed. */
export type MatchedSet = {
  event: EventEnvelope
  webhooks: string[]
  filterErrors: { webhook: string; detail: string }[]
  /** Those whose delivery is not sent at once: paused ones, limited ones. */
  later: string[]
}
export type FilterErrorNote = { webhook: string; detail: string; event: string }
/** A row before its body is made. */
export type DraftRow = Omit<DeliveryDocument, 'body' | 'contentType' | 'formatHeaders'>
export type StoredRow = Pick<DeliveryDocument, '_id' | 'state' | 'carrier' | 'open'>

/** Rows that are inserted at once, and the characters of their bodies. */
const SLICE_ROWS = 1_000
const SLICE_BYTES = 8_000_000
const OWNER = {
  workflow: 1,
  webhooks: 1,
  later: 1,
  filterErrors: 1,
  hash: 1,
  purgeAt: 1,
  storedAt: 1,
} as const

const keyOf = (event: EventEnvelope) => eventKey(event.tenant, event.id)

/** What matchWebhooks stores and reads: events with their owner, and the rows of their deliveries. */
export class Outbox {
  private readonly models: Models
  private readonly changes: DeliveryChanges

  constructor(models: Models, changes: DeliveryChanges) {
    this.models = models
    this.changes = changes
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

  /** Stores events under this owner, unless somebody else did first; gives what is stored then, and which were not before. */
  async storeEvents(
    workflow: string,
    sets: MatchedSet[],
    nowMs: number,
  ): Promise<{ stored: Map<string, StoredEvent>; fresh: string[] }> {
    const documents = sets.map((set) => eventDocument(set, workflow, nowMs))
    const ids = documents.map((document) => document._id)
    const old = await insertNew(this.models.events, documents)
    const fresh = ids.filter((_id, index) => !old.has(index))
    if (old.size === 0)
      return { stored: new Map(documents.map((document) => [document._id, document])), fresh }
    return { stored: await this.eventsByKey(ids), fresh }
  }

  /** Those of these rows that are not stored. */
  async missing(rows: DraftRow[]): Promise<DraftRow[]> {
    if (rows.length === 0) return []
    const ids = rows.map((row) => row._id)
    const found = await this.models.deliveries
      .find({ _id: { $in: ids } }, { _id: 1 })
      .lean<{ _id: string }[]>()
      .exec()
    const there = new Set(found.map((row) => row._id))
    return rows.filter((row) => !there.has(row._id))
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
   * Stores rows that are not there yet; gives who carries each, and its state, where it was not this that stored them. With a
   * `reset`, what failed and is open of them is owed by this carrier or by the lanes of `limited` webhooks first, while its
   * run is the current one.
   */
  async storeRows(
    rows: DraftRow[],
    withBody: (row: DraftRow) => DeliveryDocument,
    reset?: Omit<Reset, 'ids'> & { isCurrent: () => Promise<boolean> },
  ): Promise<Map<string, StoredRow>> {
    const ids = rows.map((row) => row._id)
    const isNew = await insertInSlices(this.models.deliveries, rows, withBody)
    if (isNew && !reset) return new Map()
    if (reset) await this.changes.reopenByReset({ ids, ...reset }, reset.isCurrent)
    const found = await this.models.deliveries
      .find({ _id: { $in: ids } }, { state: 1, carrier: 1, open: 1 })
      .lean()
      .exec()
    return new Map(found.map((row) => [row._id, row]))
  }

  private async eventsByKey(keys: string[]): Promise<Map<string, StoredEvent>> {
    const found = await this.models.events
      .find({ _id: { $in: keys } }, OWNER)
      .lean()
      .exec()
    return new Map(found.map((event) => [event._id, event]))
  }
}

/** Inserts documents by their own _id; gives the indexes of those that were there before, which is no error. */
async function insertNew<T extends object>(
  model: Model<T>,
  documents: T[],
): Promise<ReadonlySet<number>> {
  const refusals = await insertDocuments(model, documents)
  const fault = refusals.find((one) => !isThere(one))
  if (fault) throw refusalError(fault)
  return new Set(refusals.map(({ index }) => index))
}

/** Bodies are made slice by slice: a wide event has thousands of them. False if one or more rows were there before. */
async function insertInSlices(
  model: Model<DeliveryDocument>,
  rows: DraftRow[],
  withBody: (row: DraftRow) => DeliveryDocument,
): Promise<boolean> {
  let isNew = true
  let slice: DeliveryDocument[] = []
  let bytes = 0
  const insert = async () => {
    if (slice.length > 0 && (await insertNew(model, slice)).size > 0) isNew = false
    slice = []
    bytes = 0
  }
  for (const draft of rows) {
    const row = withBody(draft)
    slice.push(row)
    bytes += row.body.length
    if (slice.length >= SLICE_ROWS || bytes >= SLICE_BYTES) await insert()
  }
  await insert()
  return isNew
}

function eventDocument(
  { event, webhooks, filterErrors, later }: MatchedSet,
  workflow: string,
  nowMs: number,
): EventDocument {
  const { receivedAt, ...rest } = event
  return {
    ...rest,
    _id: keyOf(event),
    receivedAt: new Date(receivedAt),
    storedAt: new Date(nowMs),
    workflow,
    webhooks,
    ...(filterErrors.length > 0 && { filterErrors }),
    ...(later.length > 0 && { later }),
    delivered: false,
  }
}
