import {
  chunkWorkflow,
  type ReplayChunk,
  type ReplayItem,
  type TargetDeliveries,
} from '../delivery/contract.ts'
import { startInChunkMs } from '../delivery/replay-pace.ts'
import { OPEN_STATES } from '../delivery/types.ts'
import { eventKey } from '../ids.ts'
import type { Models } from '../models/connect.ts'
import type { DeliveryDocument } from '../models/delivery.ts'
import { envelopeOf, type EventDocument } from '../models/event.ts'
import type { Outbox } from '../models/outbox.ts'
import { replayPageKey } from '../models/replay-page.ts'
import type { WebhookDocument } from '../models/webhook.ts'
import { newRow, targetOf } from './match-webhooks.ts'

type ChunkDependencies = {
  models: Models
  outbox: Outbox
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
  deps: ChunkDependencies,
): Promise<{ targets: TargetDeliveries[] }> {
  const { models, outbox, now } = deps
  const { items } = input
  const webhooks = await outbox.withWebhooks(
    [],
    items.map((item) => item.webhook),
  )
  const startMs = now()
  const rows = items.map(({ delivery, round, webhook }, n) => ({
    id: delivery,
    round,
    state: webhooks.get(webhook)?.rateLimit ? ('held' as const) : ('pending' as const),
    dueAt: new Date(startMs + startInChunkMs(n, items.length)),
  }))
  await outbox.reopenFor(
    input.replay,
    rows.filter((row) => row.round > 0),
  )
  const missed = items.filter((item) => item.round === 0)
  if (missed.length > 0) await makeRows({ ...input, items: missed }, { ...deps, webhooks })
  const owed = await models.deliveries
    .find(
      { _id: { $in: idsOf(items) }, replay: input.replay, state: { $in: [...OPEN_STATES] } },
      { _id: 1 },
    )
    .lean()
    .exec()
  return { targets: targetsOf(items, new Set(owed.map((row) => row._id)), webhooks) }
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
  input: ReplayChunk,
  {
    models,
    outbox,
    now,
    deliveryUrl,
    webhooks,
  }: ChunkDependencies & { webhooks: ReadonlyMap<string, WebhookDocument> },
): Promise<void> {
  const { tenant, items } = input
  const keys = items.map((item) => eventKey(tenant, item.event))
  const events = await models.events
    .find({ _id: { $in: keys } })
    .lean<EventDocument[]>()
    .exec()
  const known = new Map(events.map((event) => [event.id, envelopeOf(event)]))
  await models.events.bulkWrite(
    items.map(({ event, webhook }) => ({
      updateOne: {
        filter: { _id: eventKey(tenant, event) },
        update: { $addToSet: { webhooks: webhook } },
      },
    })),
    { ordered: false },
  )
  const context = {
    workflow: chunkWorkflow(input),
    now: now(),
    deliveryUrl,
    filterError: undefined,
  }
  const rows = items.flatMap(({ event, webhook }): DeliveryDocument[] => {
    const envelope = known.get(event)
    if (!envelope) return []
    return [{ ...newRow(envelope, webhook, webhooks.get(webhook), context), replay: input.replay }]
  })
  await outbox.storeRows(rows, { reopenFailed: false, limited: [] })
}

function targetsOf(
  items: ReplayItem[],
  owed: ReadonlySet<string>,
  webhooks: ReadonlyMap<string, WebhookDocument>,
): TargetDeliveries[] {
  const targets = new Map<string, TargetDeliveries>()
  for (const { delivery, webhook: id } of items) {
    const webhook = webhooks.get(id)
    if (!webhook || !owed.has(delivery)) continue
    const target = targets.get(id) ?? targetOf(webhook)
    target.deliveries.push(delivery)
    targets.set(id, target)
  }
  return [...targets.values()]
}
