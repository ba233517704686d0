import { z } from 'zod'
import { eventKey } from '../../ids.ts'
import type { DeliveryDocument } from '../../models/deliveries/document.ts'
import type { EventDocument } from '../../models/event.ts'
import { deliveryView } from '../deliveries/view.ts'
import { ApiError } from '../http/errors.ts'
import { eventListQuery, listEvents } from './list.ts'
import { countsByEvent, storedCounts } from './progress.ts'
import { eventSummarySchema, eventView, pendingEventSchema, storedEventSchema } from './shape.ts'
import { eventStages } from './stages.ts'
import { pageOf } from '../lists/pages.ts'
import { type Answer, type Call, route } from '../http/route.ts'
import { unseenDeliveries } from './unseen.ts'

const DELIVERIES_SHOWN = 100
const tag = 'Events'

/** An event that is not stored: accepted by this process just now, or not known. */
function notStored({ deps, caller }: Call<unknown, unknown>, id: string): Answer {
  if (deps.ingest.pending(caller.tenant, id))
    return { status: 200, body: { id, status: 'accepted' } }
  throw new ApiError('not_found', 'No such event, or it was accepted a moment ago elsewhere.', {
    headers: { 'retry-after': '1' },
  })
}

export const eventRoutes = [
  route({
    method: 'get',
    path: '/v1/events',
    operationId: 'listEvents',
    summary: 'List events, newest first',
    tag,
    role: 'viewer',
    query: eventListQuery,
    responses: { 200: { description: 'A page', schema: pageOf(eventSummarySchema) } },
    handle: listEvents,
  }),
  route({
    method: 'get',
    path: '/v1/events/{id}',
    operationId: 'getEvent',
    summary: 'Read an event with its deliveries',
    tag,
    role: 'viewer',
    responses: {
      200: {
        description: 'The event',
        schema: z.discriminatedUnion('status', [storedEventSchema, pendingEventSchema]),
      },
    },
    handle: async (call) => {
      const { deps, caller } = call
      const { id } = call.params
      const event = await deps.models.events
        .findOne({ _id: eventKey(caller.tenant, id) })
        .lean<EventDocument>()
        .exec()
      if (!event) return notStored(call, id)
      const stored = await deps.models.deliveries
        .find({ tenant: caller.tenant, event: id }, { body: 0 })
        .sort({ createdAt: 1, _id: 1 })
        .limit(DELIVERIES_SHOWN + 1)
        .lean<DeliveryDocument[]>()
        .exec()
      // Of the rows that were read, so that the event never says more than they show.
      const counts =
        stored.length > DELIVERIES_SHOWN
          ? await storedCounts(deps, caller.tenant, [id])
          : countsByEvent(stored)
      const deliveries = stored.slice(0, DELIVERIES_SHOWN)
      const unseen = unseenDeliveries(event, deliveries).slice(
        0,
        DELIVERIES_SHOWN - deliveries.length,
      )
      const rows = [...deliveries, ...unseen].map((row) => deliveryView(deps, row))
      const stages = eventStages(event, deliveries)
      return {
        status: 200,
        body: { ...eventView(deps, event, counts.get(id)), stages, deliveries: rows },
        raw: { context: event.context, data: event.data },
      }
    },
  }),
]
