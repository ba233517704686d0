import { z } from 'zod'
import type { EventDocument } from '../../models/event.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { deliverySummarySchema, stagesSchema } from '../deliveries/view.ts'
import { publicUrl } from '../http/links.ts'
import { type Counts, progressFields, progressOf } from './progress.ts'

const time = z.iso.datetime()

export const eventSummarySchema = z
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
    delivered: z
      .boolean()
      .nullable()
      .meta({ description: 'Whether anybody has it; null: no webhook matched.' }),
    ...progressFields,
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

export const storedEventSchema = eventSummarySchema
  .extend({
    stages: stagesSchema,
    deliveries: z.array(deliverySummarySchema),
    context: z.unknown().optional(),
    data: z.unknown(),
  })
  .meta({ id: 'Event' })

export const pendingEventSchema = z
  .object({ id: z.string(), status: z.literal('accepted') })
  .meta({ id: 'PendingEvent', description: 'Accepted a moment ago, not stored yet.' })

/** An event as lists show it, with what is stored of its deliveries. */
export function eventView(
  deps: ApiDependencies,
  event: Omit<EventDocument, 'data' | 'context'>,
  stored: Counts = {},
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
    // that is noted on the event a moment later
    delivered:
      event.webhooks.length === 0 ? null : event.delivered || stored.delivered !== undefined,
    ...progressOf(event, stored),
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
