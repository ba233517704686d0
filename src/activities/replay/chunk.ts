import type { ReplayChunk, ReplayItem, TargetDeliveries } from '../../delivery/contract.ts'
import { startInChunkMs } from '../../delivery/replay-pace.ts'
import { type Carrier, OPEN_STATES } from '../../delivery/types.ts'
import { eventKey } from '../../ids.ts'
import type { Models } from '../../models/connect.ts'
import type { DeliveryChanges } from '../../models/deliveries/changes.ts'
import { envelopeOf, type EventDocument } from '../../models/event.ts'
import type { DraftRow, Outbox, StoredRow } from '../../models/deliveries/outbox.ts'
import { replayPageKey } from '../../models/replays/page.ts'
import type { WebhookDocument } from '../../models/webhooks/document.ts'
import { bodies, draftRow } from '../match/new-rows.ts'
import { carrierFor, targetsOf } from '../deliver/targets.ts'

type ChunkDependencies = {
  models: Models
  outbox: Outbox
  changes: DeliveryChanges
  now: () => number
  /** Where people find a delivery; undefined where no public address is configured. */
  deliveryUrl: (id: string) => string | undefined
}

/**
 * Owes the deliveries of a chunk again, in order, and makes the rows that there never were. Gives what is owed by
 * webhook. May be repeated: a row that this replay took already is not taken again, and is owed until it is finished.
 */
export async function reopenChunk(
  input: ReplayChunk,
  own: Carrier,
  deps: ChunkDependencies,
): Promise<{ targets: TargetDeliveries[] }> {
  const { models, outbox, changes, now } = deps
  const { items } = input
  const webhooks = await outbox.withWebhooks(
    [],
    items.map((item) => item.webhook),
  )
  const startMs = now()
  const rows = items.map(({ delivery, round, webhook: id }, n) => {
    const webhook = webhooks.get(id)
    const carrier = webhook ? carrierFor(webhook, {}, own) : own
    const dueAt = new Date(startMs + startInChunkMs(n, items.length))
    return { id: delivery, round, carrier, dueAt }
  })
  await changes.reopenFor(
    input.replay,
    rows.filter((row) => row.round > 0),
  )
  const missed = items.filter((item) => item.round === 0)
  if (missed.length > 0) await makeRows({ ...input, items: missed }, own, { ...deps, webhooks })
  const owed = await models.deliveries
    .find(
      { _id: { $in: idsOf(items) }, replay: input.replay, state: { $in: [...OPEN_STATES] } },
      { webhook: 1, state: 1, carrier: 1 },
    )
    .lean<(StoredRow & Pick<DraftRow, 'webhook'>)[]>()
    .exec()
  const byId = new Map(owed.map((row) => [row._id, row]))
  const inOrder = items.flatMap((item) => byId.get(item.delivery) ?? [])
  const { workflow } = own
  return { targets: targetsOf(inOrder, { states: byId, webhooks, workflow }).targets }
}

/** Writes what has become of a chunk; what is still under way is in none of its numbers. */
export async function countChunk(input: ReplayChunk, models: Models): Promise<void> {
  const { replay, page, chunk, items } = input
  const rows = await models.deliveries
    .find({ _id: { $in: idsOf(items) }, replay }, { state: 1 })
    .lean()
    .exec()
  const count = (...states: string[]) => rows.filter((row) => states.includes(row.state)).length
  const done = count('delivered')
  const failed = count('failed')
  const passedOver = items.length - done - failed - count(...OPEN_STATES)
  await models.replayCounts.updateOne(
    { _id: replayPageKey(replay, page) },
    { $set: { replay, [`chunks.${chunk}`]: { done, failed, passedOver } } },
    { upsert: true },
  )
}

const idsOf = (items: ReplayItem[]) => items.map((item) => item.delivery)

/** First the event's matched set, then the rows, as matchWebhooks writes them: so nobody else takes them for missed. */
async function makeRows(
  { tenant, items, replay }: ReplayChunk,
  own: Carrier,
  deps: ChunkDependencies & { webhooks: ReadonlyMap<string, WebhookDocument> },
): Promise<void> {
  const { models, outbox, now, webhooks } = deps
  const keys = items.map((item) => eventKey(tenant, item.event))
  const events = await models.events
    .find({ _id: { $in: keys } })
    .lean<EventDocument[]>()
    .exec()
  const known = new Map(events.map((event) => [event._id, envelopeOf(event)]))
  await models.events.bulkWrite(
    items.map(({ event, webhook }) => ({
      updateOne: {
        filter: { _id: eventKey(tenant, event) },
        update: { $addToSet: { webhooks: webhook } },
      },
    })),
    { ordered: false },
  )
  const context = { carrier: own, nowMs: now(), filterError: undefined }
  const rows = items.flatMap(({ event, webhook }): DraftRow[] => {
    const envelope = known.get(eventKey(tenant, event))
    if (!envelope) return []
    return [{ ...draftRow(envelope, webhook, webhooks.get(webhook), context), replay }]
  })
  await outbox.storeRows(rows, bodies({ ...deps, events: known }))
}
