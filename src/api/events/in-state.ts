import type { DeliveryState } from '../../delivery/types.ts'
import { eventKey } from '../../ids.ts'
import type { DeliveryDocument } from '../../models/deliveries/document.ts'
import { deliveryLead } from '../../models/deliveries/lead.ts'
import type { EventDocument } from '../../models/event.ts'
import type { Conditions } from '../../models/lead.ts'
import { oneOf } from '../../models/one-of.ts'
import { timeRange } from '../../models/time-range.ts'
import type { Answer, Call } from '../http/route.ts'
import { findRows } from '../lists/page-rows.ts'
import { pageAnswer, pageStart } from '../lists/pages.ts'
import type { Cursor } from '../lists/cursor.ts'
import { type Counts, progressOf, storedCounts } from './progress.ts'

/** Deliveries that are looked through at once, and times that one request does so; the next page goes on from there. */
const BATCH = 200
const BATCHES_MOST = 25

type Wanted = {
  states: DeliveryState[]
  /** Of the events. */
  filter: Conditions
  /** ISO time; of an event since then no delivery is older. */
  from?: string | undefined
  view: (event: EventDocument, stored: Counts | undefined) => unknown
}
type ListCall = Call<{ limit: number; cursor?: string | undefined }, undefined>
type Place = Pick<DeliveryDocument, '_id' | 'event' | 'createdAt'>
type Found = { event: EventDocument; stored: Counts | undefined; place: Place }

/**
 * Events that are in one of these states, by their deliveries in these states: those are few where an operator looks for
 * trouble, and events are many. An event has the place of the newest of them.
 */
export async function eventsInState(call: ListCall, wanted: Wanted): Promise<Answer> {
  const { limit } = call.query
  const start = pageStart(call)
  const found: Found[] = []
  let { cursor } = start
  let until: Place | undefined
  for (let batches = 0; found.length <= limit; batches++) {
    const rows = await batchOf(call, wanted, cursor)
    found.push(...(await eventsOf(call, wanted, rows.slice(0, BATCH))))
    const last = rows[BATCH - 1]
    if (rows.length <= BATCH || !last) break
    if (batches === BATCHES_MOST && found.length <= limit) {
      until = last
      break
    }
    const { direction = 'next', filter = start.hash } = cursor ?? {}
    cursor = { ...positionOf(last), direction, filter }
  }
  const rows = found.slice(0, limit + 1)
  return pageAnswer(call, start, {
    rows,
    view: ({ event, stored }) => wanted.view(event, stored),
    positionOf: ({ place }) => positionOf(place),
    until: until && positionOf(until),
  })
}

/** The next deliveries in these states, and one more where there are. */
function batchOf(
  { deps, caller: { tenant } }: ListCall,
  { states, from }: Wanted,
  cursor: Cursor | undefined,
): Promise<Place[]> {
  const createdAt = timeRange({ from })
  return findRows<DeliveryDocument>(
    {
      model: deps.models.deliveries,
      timeField: 'createdAt',
      omit: ['body', 'log'],
      filter: { state: oneOf(states), ...(createdAt && { createdAt }) },
      lead: deliveryLead(tenant, { state: states }),
    },
    { tenant, limit: BATCH, cursor, nowMs: deps.now() },
  )
}

/** The events that have their place in these rows, in their order. */
async function eventsOf(
  { deps, caller: { tenant } }: ListCall,
  { states, filter }: Wanted,
  rows: Place[],
): Promise<Found[]> {
  const ids = [...new Set(rows.map(({ event }) => event))]
  const events = await deps.models.events
    .find({ ...filter, _id: { $in: ids.map((id) => eventKey(tenant, id)) } } as object, {
      data: 0,
      context: 0,
    })
    .lean<EventDocument[]>()
    .exec()
  const stored = await storedCounts(deps, tenant, ids)
  const isWanted = (event: EventDocument) =>
    states.some((state) => state === progressOf(event, stored.get(event.id) ?? {}).state)
  const chosen = new Map(events.filter(isWanted).map((event) => [event.id, event]))
  const places = await newestOf(deps, { tenant, states, events: [...chosen.keys()] })
  return rows.flatMap((place) => {
    const event = chosen.get(place.event)
    return event && places.has(place._id) ? [{ event, stored: stored.get(event.id), place }] : []
  })
}

/** Of each of these events the newest delivery in these states. */
async function newestOf(
  { models }: ListCall['deps'],
  { tenant, states, events }: { tenant: string; states: DeliveryState[]; events: string[] },
): Promise<Set<string>> {
  const newest = await models.deliveries.aggregate<{ id: string }>([
    { $match: { tenant, event: { $in: events }, state: { $in: states } } },
    { $sort: { createdAt: -1, _id: -1 } },
    { $group: { _id: '$event', id: { $first: '$_id' } } },
  ])
  return new Set(newest.map(({ id }) => id))
}

function positionOf({ createdAt, _id }: Place) {
  return { at: createdAt.getTime(), id: _id }
}
