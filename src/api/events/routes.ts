import { z } from 'zod'
import { eventKey } from '../../ids.ts'
import type { DeliveryDocument } from '../../models/deliveries/document.ts'
import type { EventDocument } from '../../models/event.ts'
import { deliverySummarySchema, deliveryView, stagesSchema } from '../deliveries/view.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { ApiError } from '../http/errors.ts'
import { eventStages } from './stages.ts'
import { publicUrl } from '../http/links.ts'
import { listPage, pageOf, pageQuery } from '../http/pages.ts'
import { type Answer, type Call, route } from '../http/route.ts'
import { timeRange, timeRangeQuery } from '../http/time-range.ts'
import { unseenDeliveries } from './unseen.ts'

const DELIVERIES_SHOWN = 100
const tag = 'Events'
const time = z.iso.datetime()

const eventSummarySchema = z
  .object({
    id: z.string(),
    status: z.literal('stored'),
    type: z.string(),
    subject: z.string().optional(),
    reference: z.string().optional(),
    occurredAt: z.string().optional(),
    source: z.string().optional().meta({ description: 'Of the CloudEvent that it came as.' }),
    cloudEventId: z.string().optional().meta({ description: 'Its `id` from that source.' }),
    dataContentType: z.string().optional().meta({ description: 'Its `datacontenttype`.' }),
    receivedAt: time,
    test: z.boolean().optional(),
    delivered: z.boolean().nullable().meta({ description: 'null: no webhook matched.' }),
    webhooks: z.array(z.string()).meta({ description: 'Those that matched.' }),
    validation: z
      .object({
        ok: z.literal(false),
        errors: z.array(z.object({ pointer: z.string(), detail: z.string() })),
      })
      .optional()
      .meta({ description: 'Where `data` does not fit the schema of its type.' }),
    conflicts: z.array(z.object({ hash: z.string(), at: time })).optional(),
    links: z.object({
      self: z.string(),
      deliveries: z.string(),
      temporal: z.string().nullable(),
    }),
  })
  .meta({ id: 'EventSummary' })

const storedEventSchema = eventSummarySchema
  .extend({
    stages: stagesSchema,
    deliveries: z.array(deliverySummarySchema),
    context: z.unknown().optional(),
    data: z.unknown(),
  })
  .meta({ id: 'Event' })

const pendingEventSchema = z
  .object({ id: z.string(), status: z.literal('accepted') })
  .meta({ id: 'PendingEvent', description: 'Accepted a moment ago, not stored yet.' })

function eventView(
  deps: ApiDependencies,
  event: Omit<EventDocument, 'data' | 'context'>,
): z.input<typeof eventSummarySchema> {
  const { id, subject, reference, occurredAt, source, cloudEventId, dataContentType } = event
  const { test, validation, conflicts } = event
  return {
    id,
    status: 'stored',
    type: event.type,
    ...(subject !== undefined && { subject }),
    ...(reference !== undefined && { reference }),
    ...(occurredAt !== undefined && { occurredAt }),
    ...(source !== undefined && { source }),
    ...(cloudEventId !== undefined && { cloudEventId }),
    ...(dataContentType !== undefined && { dataContentType }),
    receivedAt: event.receivedAt.toISOString(),
    ...(test && { test }),
    delivered: event.webhooks.length === 0 ? null : event.delivered,
    webhooks: event.webhooks,
    ...(validation && { validation }),
    ...(conflicts && {
      conflicts: conflicts.map(({ hash, at }) => ({ hash, at: at.toISOString() })),
    }),
    links: {
      self: publicUrl(deps.config, `/v1/events/${id}`),
      deliveries: publicUrl(deps.config, `/v1/deliveries?event=${id}`),
      temporal: deps.temporal.workflowUrl(event.workflow),
    },
  }
}

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
    summary: 'List events, newest first',
    tag,
    role: 'viewer',
    query: z.strictObject({
      ...pageQuery,
      ...timeRangeQuery,
      type: z.string().min(1).max(128).optional(),
      subject: z.string().min(1).max(256).optional(),
      delivered: z.enum(['true', 'false']).optional(),
    }),
    responses: { 200: { description: 'A page', schema: pageOf(eventSummarySchema) } },
    handle: (call) => {
      const { type, subject, delivered } = call.query
      const receivedAt = timeRange(call.query)
      return listPage(call, {
        model: call.deps.models.events,
        timeField: 'receivedAt',
        omit: ['data', 'context'],
        view: (event) => eventView(call.deps, event),
        filter: {
          ...(type && { type }),
          ...(subject && { subject }),
          ...(delivered && { delivered: delivered === 'true' }),
          ...(delivered === 'false' && { webhooks: { $ne: [] } }),
          ...(receivedAt && { receivedAt }),
        },
      })
    },
  }),
  route({
    method: 'get',
    path: '/v1/events/{id}',
    summary: 'Read an event with its deliveries',
    tag,
    role: 'viewer',
    responses: {
      200: { description: 'The event', schema: z.union([storedEventSchema, pendingEventSchema]) },
    },
    handle: async (call) => {
      const { deps, caller } = call
      const { id } = call.params
      const event = await deps.models.events
        .findOne({ _id: eventKey(caller.tenant, id) })
        .lean<EventDocument>()
        .exec()
      if (!event) return notStored(call, id)
      const deliveries = await deps.models.deliveries
        .find({ tenant: caller.tenant, event: id }, { body: 0 })
        .sort({ createdAt: 1, _id: 1 })
        .limit(DELIVERIES_SHOWN)
        .lean<DeliveryDocument[]>()
        .exec()
      const unseen = unseenDeliveries(event, deliveries).slice(
        0,
        DELIVERIES_SHOWN - deliveries.length,
      )
      const rows = [...deliveries, ...unseen].map((row) => deliveryView(deps, row))
      const stages = eventStages(event, deliveries)
      // that is noted on the event a moment later
      const delivered = event.delivered || deliveries.some(({ state }) => state === 'delivered')
      return {
        status: 200,
        body: { ...eventView(deps, { ...event, delivered }), stages, deliveries: rows },
        raw: { context: event.context, data: event.data },
      }
    },
  }),
]
