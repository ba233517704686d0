import type { ReplayItem } from '../../delivery/contract.ts'
import type { EventEnvelope } from '../../delivery/types.ts'
import { deliveryId } from '../../ids.ts'
import type { Models } from '../connect.ts'
import type { DeliveryDocument } from '../deliveries/document.ts'
import { deliveryConditions } from '../deliveries/conditions.ts'
import { deliveryLead } from '../deliveries/lead.ts'
import { envelopeOf, type EventDocument } from '../event.ts'
import type { ReplayDocument } from './document.ts'
import type { ReplayPosition } from './page.ts'
import { type Conditions, ledBy, type TimeWindow } from '../lead.ts'
import { timeRange } from '../time-range.ts'

/** Events that are read at a time: their data is needed to judge them. */
const EVENTS_MAX = 100

export type ReplayScope = Pick<ReplayDocument, 'tenant' | 'filter' | 'missing' | 'createdAt'>
/** A delivery that the filter chooses, whatever the state of its webhook. `createdAt` is the event's where there is no row. */
export type Candidate = ReplayItem & { type: string; createdAt: Date }
export type CandidateBatch = { candidates: Candidate[]; after: ReplayPosition | null }
/** Whether the filter's webhook, as it is now, would have got the event. */
export type Missed = (event: EventEnvelope) => Promise<boolean>

type Row = Pick<DeliveryDocument, '_id' | 'event' | 'webhook' | 'type' | 'round' | 'createdAt'>
const ROW = { event: 1, webhook: 1, type: 1, round: 1, createdAt: 1 } as const

/** Finished, and not by anything that came after the replay was asked for: what it takes is fixed then. */
function chosenRows({ tenant, filter, createdAt }: ReplayScope): Record<string, unknown> {
  const { state = { $in: ['failed', 'skipped', 'cancelled'] } } = filter
  return {
    tenant,
    ...deliveryConditions({ ...filter, state: undefined }),
    state,
    updatedAt: { $lte: createdAt },
  }
}

/** The next candidates behind a position, by age; `after` is null behind the last. With `missing` they follow the events. */
export function readCandidates(
  models: Models,
  scope: ReplayScope,
  from: { after: ReplayPosition | null; limit: number; isMissed: Missed },
): Promise<CandidateBatch> {
  return scope.missing ? readByEvent(models, scope, from) : readRows(models, scope, from)
}

async function readRows(
  models: Models,
  scope: ReplayScope,
  { after, limit }: { after: ReplayPosition | null; limit: number },
): Promise<CandidateBatch> {
  const lead = deliveryLead(scope.tenant, scope.filter)
  const [outer, ...tie] = behind('createdAt', after, scope.createdAt)
  const rows = await models.deliveries
    .find(ledBy(lead, outer, [chosenRows(scope), ...tie]), ROW)
    .sort({ createdAt: 1, _id: 1 })
    .limit(limit)
    .lean<Row[]>()
    .exec()
  const last = rows.length === limit ? rows.at(-1) : undefined
  return {
    candidates: rows.map(candidateOf),
    after: last ? { at: last.createdAt, id: last._id } : null,
  }
}

async function readByEvent(
  models: Models,
  scope: ReplayScope,
  { after, limit, isMissed }: { after: ReplayPosition | null; limit: number; isMissed: Missed },
): Promise<CandidateBatch> {
  const most = Math.min(limit, EVENTS_MAX)
  const events = await models.events
    .find({ $and: [chosenEvents(scope), ...behind('receivedAt', after, scope.createdAt)] })
    .sort({ receivedAt: 1, _id: 1 })
    .limit(most)
    .lean<EventDocument[]>()
    .exec()
  const rows = await rowsOf(models, scope, events)
  const { webhook = '' } = scope.filter
  const candidates: Candidate[] = []
  for (const event of events) {
    const { id, type, receivedAt: createdAt } = event
    const delivery = deliveryId(scope.tenant, id, webhook)
    const row = rows.chosen.get(delivery)
    const isKnown = rows.known.has(delivery) || event.webhooks.includes(webhook)
    if (row) candidates.push(candidateOf(row))
    else if (!isKnown && (await isMissed(envelopeOf(event))))
      candidates.push({ delivery, event: id, webhook, round: 0, type, createdAt })
  }
  const last = events.length === most ? events.at(-1) : undefined
  return { candidates, after: last ? { at: last.receivedAt, id: last._id } : null }
}

function chosenEvents({ tenant, filter }: ReplayScope): Record<string, unknown> {
  const { event: id, type, subject } = filter
  const receivedAt = timeRange(filter)
  return {
    tenant,
    ...(id !== undefined && { id }),
    ...(type !== undefined && { type }),
    ...(subject !== undefined && { subject }),
    ...(receivedAt && { receivedAt }),
  }
}

/** The webhook's rows of these events: all that there are, and those that the filter chooses. */
async function rowsOf(models: Models, scope: ReplayScope, events: EventDocument[]) {
  const { tenant, filter } = scope
  const _id = { $in: events.map((event) => deliveryId(tenant, event.id, filter.webhook ?? '')) }
  const [all, chosen] = await Promise.all([
    models.deliveries.find({ _id }, { _id: 1 }).lean().exec(),
    models.deliveries
      .find({ _id, ...chosenRows(withoutRange(scope)) }, ROW)
      .lean<Row[]>()
      .exec(),
  ])
  return {
    known: new Set(all.map((row) => row._id)),
    chosen: new Map(chosen.map((row) => [row._id, row])),
  }
}

/** The range was asked of the events already. */
function withoutRange(scope: ReplayScope): ReplayScope {
  return { ...scope, filter: { ...scope.filter, from: undefined, to: undefined } }
}

function candidateOf({ _id, event, webhook, round, type, createdAt }: Row): Candidate {
  return { delivery: _id, event, webhook, round, type, createdAt }
}

/** Documents behind a position and not after the replay's own time; an outer bound on the time lets an index serve it. */
function behind(
  field: string,
  after: ReplayPosition | null,
  until: Date,
): [Record<string, TimeWindow>, ...Conditions[]] {
  if (!after) return [{ [field]: { $lte: until } }]
  const { at, id } = after
  return [
    { [field]: { $gt: new Date(at.getTime() - 1), $lte: until } },
    { $or: [{ [field]: { $gt: at } }, { [field]: at, _id: { $gt: id } }] },
  ]
}
