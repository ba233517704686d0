import { SEED_TYPES } from '../../catalogue/seed-types.ts'
import { type EventTypeDocument, eventTypeKey } from '../../models/event-type.ts'
import { type EventType, eventTypeView, seedType, typeOf } from './types.ts'
import { pageAnswer, pageStart } from '../lists/pages.ts'
import type { Answer, Call } from '../http/route.ts'

type ListCall = Call<{ limit: number; cursor?: string | undefined }, undefined>

/** One page of the caller's event types by name: its own ones, and the seed types that it never changed. */
export async function listEventTypes(call: ListCall): Promise<Answer> {
  const start = pageStart(call)
  const back = start.cursor?.direction === 'prev'
  const beyond = (name: string) =>
    !start.cursor || (back ? name < start.cursor.id : name > start.cursor.id)
  const [own, seeds] = await Promise.all([
    ownTypes(call, start.cursor && { [back ? '$lt' : '$gt']: start.cursor.id }, back),
    unchangedSeeds(call),
  ])
  const order = back ? -1 : 1
  const rows = [...own, ...seeds.filter(({ name }) => beyond(name))]
    .toSorted((a, b) => (a.name < b.name ? -order : order))
    .slice(0, call.query.limit + 1)
  const positionOf = ({ name }: EventType) => ({ at: 0, id: name })
  return pageAnswer(call, start, { rows, view: eventTypeView, positionOf })
}

async function ownTypes(
  { deps, caller, query }: ListCall,
  name: Record<string, string> | undefined,
  back: boolean,
): Promise<EventType[]> {
  const found = await deps.models.eventTypes
    .find({ tenant: caller.tenant, deletedAt: { $exists: false }, ...(name && { name }) })
    .sort({ name: back ? -1 : 1 })
    .limit(query.limit + 1)
    .lean<EventTypeDocument[]>()
    .exec()
  return found.map(typeOf)
}

async function unchangedSeeds({ deps, caller }: ListCall): Promise<EventType[]> {
  const keys = [...SEED_TYPES.keys()].map((name) => eventTypeKey(caller.tenant, name))
  const stored = await deps.models.eventTypes
    .find({ _id: { $in: keys } }, { name: 1 })
    .lean<Pick<EventTypeDocument, 'name'>[]>()
    .exec()
  const changed = new Set(stored.map(({ name }) => name))
  return [...SEED_TYPES.keys()].flatMap((name) => {
    const seed = changed.has(name) ? undefined : seedType(name)
    return seed ? [seed] : []
  })
}
