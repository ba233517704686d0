import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi'
import { z } from 'zod'
import type { Format } from '../../delivery/types.ts'

const text = z.string()
const header = (description: string) => text.meta({ description })
const optionalHeader = (description: string) => text.optional().meta({ description })
const time = z.iso.datetime({ offset: true })
const data = z.unknown().meta({ description: 'As it was posted, byte for byte.' })

const standardSchema = z
  .object({
    id: text,
    type: text,
    timestamp: time.meta({ description: '`occurredAt`, else when it was received.' }),
    subject: text.optional(),
    reference: text.optional(),
    data,
  })
  .meta({ id: 'StandardDelivery', required: ['id', 'type', 'timestamp', 'data'] })

const spektrSchema = z
  .looseObject({
    id: text,
    spektrId: text.nullable().meta({ description: 'The subject.' }),
    type: text,
    delivered: z.null(),
    createdAt: z.number().int().meta({ description: 'Milliseconds since 1970.' }),
    reference: text.optional(),
    data: data.optional(),
  })
  .meta({
    id: 'SpektrDelivery',
    description: 'Of `process_run_end` the members of `data` stand here themselves.',
  })

const contextSchema = z
  .object({
    event_time: time,
    event_type: text,
    current_context: z.unknown().meta({ description: 'The `context`; null where there is none.' }),
    data,
  })
  .meta({
    id: 'ContextDelivery',
    required: ['event_time', 'event_type', 'current_context', 'data'],
  })

const attributes = {
  specversion: z.literal('1.0'),
  id: text,
  source: text,
  type: text,
  time,
  subject: text.optional(),
  heraldreference: text.optional().meta({ description: 'The `reference`.' }),
}
const cloudEventSchema = z.looseObject({ ...attributes, datacontenttype: text, data }).meta({
  id: 'CloudEventDelivery',
  description: 'Attributes of an event that came as a CloudEvent are beside these.',
  required: ['specversion', 'id', 'source', 'type', 'time', 'datacontenttype', 'data'],
})
const anySchema = z
  .unknown()
  .meta({ id: 'RawDelivery', description: 'The `data` alone, byte for byte.' })

/** What Slack gets. */
export const slackSchema = z
  .object({ text, blocks: z.array(z.record(text, z.unknown())) })
  .meta({ id: 'SlackDelivery', description: "A message of Slack's Block Kit." })

const HEADERS = {
  'Herald-Delivery': header('Id of the delivery; the same at every attempt.'),
  'Herald-Attempt': header('1 at the first attempt.'),
  'Herald-Event-Type': header('The type, percent-encoded.'),
  'Herald-Test': optionalHeader('`true` on a test.'),
  'webhook-id': optionalHeader('Id of the event: tells duplicates. Of `standard-webhooks`.'),
  'webhook-timestamp': optionalHeader('Seconds since 1970. Of `standard-webhooks`.'),
  'webhook-signature': optionalHeader(
    '`v1,…` or `v1a,…` for each secret that is valid, with spaces between. Of `standard-webhooks`; other schemes use the header of their own.',
  ),
}
const CE_HEADERS = Object.fromEntries(
  Object.entries(attributes).map(([name, schema]) => [`ce-${name}`, schema]),
)

type Receiver = {
  description: string
  schema: z.ZodType
  mediaType?: string
  headers?: Record<string, z.ZodType>
}

const HTTP: Record<Format, Receiver> = {
  standard: { description: 'Standard Webhooks 1.0.0.', schema: standardSchema },
  spektr: { description: 'The envelope of the spektr guide.', schema: spektrSchema },
  context: { description: 'An event with its context.', schema: contextSchema },
  cloudevents: {
    description: 'A CloudEvent 1.0, structured.',
    schema: cloudEventSchema,
    mediaType: 'application/cloudevents+json',
  },
  'cloudevents-binary': {
    description: 'A CloudEvent 1.0, its attributes as headers.',
    schema: anySchema,
    headers: CE_HEADERS,
  },
  raw: { description: 'The data alone.', schema: anySchema },
}

const ANSWERS = {
  '2XX': { description: 'Delivered; with `success: 200` only status 200.' },
  410: { description: 'Nothing is sent again, and the webhook is disabled.' },
  429: { description: 'Sent again by the schedule, not before `Retry-After`.' },
  default: { description: 'Sent again by the schedule. Redirects are not followed.' },
}

/** What receivers get, by the format of their webhook: the `webhooks` of the OpenAPI document. */
export function registerReceivers(registry: OpenAPIRegistry): void {
  for (const [format, receiver] of Object.entries(HTTP))
    register(registry, format, { ...receiver, headers: { ...HEADERS, ...receiver.headers } })
  register(registry, 'slack', { description: 'To a Slack target.', schema: slackSchema })
}

function register(registry: OpenAPIRegistry, format: string, receiver: Receiver): void {
  const { description, schema, mediaType = 'application/json', headers = {} } = receiver
  registry.registerWebhook({
    method: 'post',
    path: format,
    operationId: `receive${format.replaceAll(/(?:^|-)(\w)/g, (_all, first: string) => first.toUpperCase())}`,
    summary: `An event in the format ${format}`,
    description,
    tags: ['Receivers'],
    security: [],
    request: {
      ...(Object.keys(headers).length > 0 && { headers: z.object(headers) }),
      body: { required: true, content: { [mediaType]: { schema } } },
    },
    responses: ANSWERS,
  })
}
