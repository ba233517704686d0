import { z } from 'zod'
import type { EventEnvelope } from '../../delivery/types.ts'
import { accept, acceptedSchema, DEADLINE_MS } from './accept.ts'
import {
  BATCH_TYPE,
  binaryEvent,
  cloudEventBatchSchema,
  cloudEventSchema,
  type ContentMode,
  contentMode,
  STRUCTURED_TYPE,
  structuredEvent,
  structuredPart,
} from './cloudevents-body.ts'
import { deliverySummarySchema } from '../deliveries/view.ts'
import { idempotencyKeyOf } from '../http/idempotency.ts'
import { firstAttempts, onceAccepted, preferredWaitSeconds } from './first-attempts.ts'
import {
  batchInputSchema,
  EVENT_EXAMPLE,
  eventInputSchema,
  eventOf,
  eventsOf,
  type IngestOrigin,
} from './ingest-body.ts'
import { headerOf } from '../input/bytes.ts'
import { publicUrl } from '../http/links.ts'
import { refuseOwnDelivery } from './own-delivery.ts'
import { validationError } from '../input/parse-input.ts'
import type { BodyRules, JsonText } from '../input/body.ts'
import { refuseReserved } from '../event-types/view.ts'
import { type Answer, rawRoute, type UnparsedCall } from '../http/route.ts'

const BATCH_MAX_BYTES = 1_048_576

const KEY_HEADER = { 'Idempotency-Key': 'Makes the id of an event that brings none.' }

function originOf({ request, caller, receivedAtMs }: UnparsedCall): IngestOrigin {
  return { tenant: caller.tenant, receivedAtMs, idempotencyKey: idempotencyKeyOf(request) }
}

const BODY_TYPES = ['application/json', STRUCTURED_TYPE, BATCH_TYPE]

/** Lets a request in, before a byte of its body is read. Throws delivery_loop; IngestUnavailable where it finds no room in time. */
async function enter({ request, deps, receivedAtMs }: UnparsedCall): Promise<void> {
  refuseOwnDelivery(request)
  await deps.ingest.enter(receivedAtMs + DEADLINE_MS)
}

/** What a body may be, by the mode of its request. Throws as enter does. */
async function rulesOf(call: UnparsedCall): Promise<BodyRules> {
  await enter(call)
  const { request, deps } = call
  const limitBytes = deps.config.INGEST_MAX_BYTES
  const mode = contentMode(request)
  if (mode === 'binary') return { limitBytes, anyJson: true, empty: 'null', untyped: true }
  return { limitBytes: mode === 'batch' ? BATCH_MAX_BYTES : limitBytes, types: BODY_TYPES }
}

function singleEvent(call: UnparsedCall, body: JsonText, mode: ContentMode): EventEnvelope {
  const origin = originOf(call)
  if (mode === 'binary') return binaryEvent(call.request.headers, body, origin)
  return mode === 'structured' ? structuredEvent(body, origin) : eventOf(body, origin)
}

async function acceptBatch(call: UnparsedCall, body: JsonText): Promise<Answer> {
  const isCloudEvents = contentMode(call.request) === 'batch'
  if (isCloudEvents && !Array.isArray(body.value))
    throw validationError([{ pointer: '', detail: 'must be an array', code: 'invalid_type' }])
  const base = Array.isArray(body.value) ? '' : '/events'
  const events = eventsOf(body, originOf(call), {
    maxBytes: call.deps.config.INGEST_MAX_BYTES,
    ...(isCloudEvents && { readPart: structuredPart }),
  })
  refuseReserved(events, (index) => `${base}/${index}/type`)
  call.limits.charge(call.caller.keyId, events.length - 1)
  const data = await accept(call, events, (index) => `${base}/${index}`)
  const seen = new Set<string>()
  for (const one of data) {
    one.duplicate ||= seen.has(one.id)
    seen.add(one.id)
  }
  return { status: 202, body: { data } }
}

async function acceptOne(call: UnparsedCall, body: JsonText, mode: ContentMode): Promise<Answer> {
  const event = singleEvent(call, body, mode)
  const at = mode === 'binary' ? '/header/ce-' : '/'
  refuseReserved([event], () => `${at}type`)
  const [accepted] = await accept(
    call,
    [event],
    () => '',
    () => `${at}id`,
  )
  const headers = { location: publicUrl(call.deps.config, `/v1/events/${event.id}`) }
  const seconds = preferredWaitSeconds(headerOf(call.request, 'prefer'))
  const deliveries =
    seconds > 0 &&
    (await onceAccepted(call.deps, seconds, (late) => firstAttempts(call.deps, event, late)))
  if (!deliveries) return { status: 202, body: accepted, headers }
  const applied = { ...headers, 'preference-applied': `wait=${seconds}` }
  return { status: 200, body: { ...accepted, deliveries }, headers: applied }
}

const acceptedBatchSchema = z
  .object({ data: z.array(acceptedSchema) })
  .meta({ id: 'AcceptedBatch' })
const CE_HEADER = 'Binary content mode of CloudEvents: the body is the data.'
const CE_HEADERS = {
  'ce-specversion': CE_HEADER,
  'ce-id': CE_HEADER,
  'ce-source': CE_HEADER,
  'ce-type': CE_HEADER,
}

export const ingestRoutes = [
  rawRoute(
    {
      method: 'post',
      path: '/v1/events',
      operationId: 'sendEvent',
      summary: 'Accept an event: durable once answered',
      tag: 'Events',
      role: 'ingest',
      body: eventInputSchema,
      example: { id: 'order-1001-tagged', ...EVENT_EXAMPLE },
      otherBodies: {
        [STRUCTURED_TYPE]: cloudEventSchema,
        [BATCH_TYPE]: cloudEventBatchSchema,
      },
      headers: {
        ...KEY_HEADER,
        Prefer: '`wait=N` (at most 10 s) waits for first attempts.',
        ...CE_HEADERS,
      },
      problems: [409, 508],
      rules: rulesOf,
      responses: {
        200: {
          description: 'Accepted, and every first attempt is in (`Prefer: wait`)',
          schema: acceptedSchema
            .extend({ deliveries: z.array(deliverySummarySchema) })
            .meta({ id: 'AttemptedEvent' }),
          headers: { 'Preference-Applied': 'What was waited.' },
        },
        202: {
          description: 'Accepted; for a batch of CloudEvents one result an event',
          schema: z.union([acceptedSchema, acceptedBatchSchema]),
          optionalHeaders: { Location: 'The event, unless it is a batch.' },
        },
      },
    },
    (call, body) => {
      const mode = contentMode(call.request)
      return mode === 'batch' ? acceptBatch(call, body) : acceptOne(call, body, mode)
    },
  ),
  rawRoute(
    {
      method: 'post',
      path: '/v1/events/batch',
      operationId: 'sendEventBatch',
      summary: 'Accept 1–500 events, all or none',
      tag: 'Events',
      role: 'ingest',
      body: batchInputSchema,
      example: { events: [EVENT_EXAMPLE, { type: 'order.paid', data: { total: 1990 } }] },
      otherBodies: { [BATCH_TYPE]: cloudEventBatchSchema },
      headers: KEY_HEADER,
      problems: [409, 508],
      rules: async (call) => {
        await enter(call)
        return { limitBytes: BATCH_MAX_BYTES, types: ['application/json', BATCH_TYPE] }
      },
      responses: {
        202: {
          description: 'Accepted, one result an event in the order given',
          schema: acceptedBatchSchema,
        },
      },
    },
    acceptBatch,
  ),
]
