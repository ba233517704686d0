import type { Models } from './connect.ts'
import type { DeliveryDocument } from './deliveries/document.ts'
import type { EventDocument } from './event.ts'
import { FINAL_STATES, OPEN_STATES } from '../delivery/types.ts'
import { eventKey } from '../ids.ts'

export const PURGE_BATCH = 500
/** What just ended may still be written to, and an event whose rows are not there yet is young. */
const QUIET_MS = 600_000

const final = { $in: [...FINAL_STATES] }
const open = { $in: [...OPEN_STATES] }
const unset = { $unset: { purgeAt: 1 as const } }
const UNIT = { tenant: 1, id: 1, webhooks: 1, receivedAt: 1 } as const
const ROW = { tenant: 1, event: 1, webhook: 1, state: 1, updatedAt: 1, purgeAt: 1 } as const

type Unit = Pick<EventDocument, '_id' | 'tenant' | 'id' | 'webhooks' | 'receivedAt'>
type Row = Pick<
  DeliveryDocument,
  '_id' | 'tenant' | 'event' | 'webhook' | 'state' | 'updatedAt' | 'purgeAt'
>
export type Clock = { nowMs: number; retentionMs: number }

/**
 * Gives every event of which nothing is owed any more the day on which it goes, with its deliveries and attempts: they
 * share one date, so that no reset finds an event without its rows. Gives how many events were dated.
 */
export async function datePurges(models: Models, clock: Clock): Promise<number> {
  const before = new Date(clock.nowMs - QUIET_MS)
  const undated = models.events
    .find({ purgeAt: { $exists: false }, receivedAt: { $lt: before } }, UNIT)
    .lean<Unit[]>()
    .cursor({ batchSize: PURGE_BATCH })
  let dated = 0
  await undated.eachAsync(
    async (units: Unit[]) => {
      dated += await dateUnits(models, units, clock)
    },
    { batchSize: PURGE_BATCH },
  )
  return dated
}

async function dateUnits(models: Models, units: Unit[], clock: Clock): Promise<number> {
  const rows = await rowsOf(models, units)
  const over = units.filter((unit) => isOver(unit, rows.get(unit._id) ?? [], clock))
  const isIn = new Set(over)
  const left = units.filter((unit) => !isIn.has(unit))
  const rowsIn = (some: Unit[]) => some.flatMap((unit) => rows.get(unit._id) ?? [])
  // a sweep that was cut off dated these, and then something of their event was owed again
  const wrongly = rowsIn(left).filter((row) => row.purgeAt)
  await keepEventsOf(models, ids(wrongly))
  const finished = ids(rowsIn(over))
  const purgeAt = { $set: { purgeAt: new Date(clock.nowMs + clock.retentionMs) } }
  await models.deliveries.updateMany({ _id: { $in: finished }, state: final }, purgeAt)
  await models.attempts.updateMany({ delivery: { $in: finished } }, purgeAt)
  await models.events.updateMany({ _id: { $in: ids(over) } }, purgeAt)
  // a redelivery that came between the look and these writes
  const reopened = await models.deliveries.find({ _id: { $in: finished }, state: open }, { _id: 1 })
  await keepEventsOf(models, ids(reopened))
  return over.length
}

/** Nothing is owed, and nothing has been written for a while. A row that is missing is awaited for the whole retention. */
function isOver(unit: Unit, rows: Row[], { nowMs, retentionMs }: Clock): boolean {
  const isQuiet = rows.every((row) => row.updatedAt.getTime() < nowMs - QUIET_MS)
  const isFinal = rows.every((row) => FINAL_STATES.some((state) => state === row.state))
  const isWhole = unit.webhooks.every((id) => rows.some((row) => row.webhook === id))
  return isQuiet && isFinal && (isWhole || unit.receivedAt.getTime() < nowMs - retentionMs)
}

/** Takes the date from all that belongs to the events of these deliveries: something of them is owed again. */
export async function keepEventsOf(models: Models, deliveries: string[]): Promise<void> {
  if (deliveries.length === 0) return
  const rows = await models.deliveries
    .find({ _id: { $in: deliveries } }, { tenant: 1, event: 1 })
    .lean()
  const units = rows.map((row) => {
    return { _id: eventKey(row.tenant, row.event), tenant: row.tenant, id: row.event }
  })
  await models.events.updateMany({ _id: { $in: ids(units) } }, unset)
  const siblings = ids([...(await rowsOf(models, units)).values()].flat())
  await models.deliveries.updateMany({ _id: { $in: siblings } }, unset)
  await models.attempts.updateMany({ delivery: { $in: siblings } }, unset)
}

/** Takes every date back: nothing goes any more. */
export async function keepAll({ events, deliveries, attempts }: Models): Promise<void> {
  const dated = { purgeAt: { $exists: true } }
  await events.updateMany(dated, unset)
  await deliveries.updateMany(dated, unset)
  await attempts.updateMany(dated, unset)
}

/**
 * Removes what is due, also where the server's TTL monitor does not run: events first, so that a reset finds them gone,
 * and attempts before their deliveries. What is owed stays, whatever its date. Gives the number of documents.
 */
export async function purgeDue(models: Models, nowMs: number): Promise<number> {
  const due = { purgeAt: { $lt: new Date(nowMs) } }
  const { events, attempts, deliveries } = models
  const eventsGone = await inBatches(
    () => events.find(due, { _id: 1 }).limit(PURGE_BATCH).lean(),
    (found) => events.deleteMany({ _id: { $in: found }, ...due }),
  )
  const attemptsGone = await inBatches(
    () => attempts.find(due, { _id: 1 }).limit(PURGE_BATCH).lean(),
    (found) => attempts.deleteMany({ _id: { $in: found }, ...due }),
  )
  const dueRows = { ...due, state: final }
  const rowsGone = await inBatches(
    () => deliveries.find(dueRows, { _id: 1 }).limit(PURGE_BATCH).lean(),
    (found) => deliveries.deleteMany({ _id: { $in: found }, ...dueRows }),
  )
  return eventsGone + attemptsGone + rowsGone
}

/** Removes what is found, batch after batch, until nothing is. */
export async function inBatches(
  find: () => Promise<{ _id: string }[]>,
  remove: (found: string[]) => Promise<{ deletedCount: number }>,
): Promise<number> {
  let removed = 0
  for (let found = await find(); found.length > 0; found = await find())
    removed += (await remove(ids(found))).deletedCount
  return removed
}

/** The rows of these events, by event key. */
async function rowsOf(
  { deliveries }: Models,
  units: Pick<Unit, 'tenant' | 'id'>[],
): Promise<Map<string, Row[]>> {
  const rows = new Map<string, Row[]>()
  for (const tenant of new Set(units.map((unit) => unit.tenant))) {
    const events = units.filter((unit) => unit.tenant === tenant).map((unit) => unit.id)
    const found = await deliveries.find({ tenant, event: { $in: events } }, ROW).lean<Row[]>()
    for (const row of found) {
      const key = eventKey(tenant, row.event)
      rows.set(key, [...(rows.get(key) ?? []), row])
    }
  }
  return rows
}

function ids(documents: { _id: string }[]): string[] {
  return documents.map((document) => document._id)
}
