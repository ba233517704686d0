import { z } from 'zod'
import type { EventEnvelope } from '../delivery/types.ts'
import type { AcceptedEvent } from '../ingest/types.ts'
import type { ApiDependencies } from './dependencies.ts'
import { deliverySummarySchema } from './delivery-view.ts'
import { ApiError } from './errors.ts'
import { firstAttempts, preferredWaitSeconds } from './first-attempts.ts'
import {
  batchInputSchema,
  conflictAt,
  eventInputSchema,
  eventOf,
  eventsOf,
  type IngestOrigin,
} from './ingest-body.ts'
import { publicUrl } from './links.ts'
import { rawRoute, type UnparsedCall } from './route.ts'

/** The caller has its answer this long after its request arrived. */
const DEADLINE_MS = 3_000
const BATCH_MAX_BYTES = 1_048_576

const acceptedSchema = z
  .object({
    id: z.string(),
    status: z.literal('accepted'),
    duplicate: z.boolean().meta({ description: 'The same id and bytes came before.' }),
    warnings: z
      .array(z.object({ pointer: z.string(), detail: z.string() }))
      .optional()
      .meta({ description: 'Where `data` does not fit the schema of its type.' }),
    links: z.object({ self: z.string(), deliveries: z.string() }),
  })
  .meta({ id: 'AcceptedEvent' })

const KEY_HEADER = { 'Idempotency-Key': 'Makes the id of an event that brings none.' }

function originOf({ request, caller, receivedAtMs }: UnparsedCall): IngestOrigin {
  const idempotencyKey = request.get('idempotency-key')
  if (idempotencyKey !== undefined && !/^[ -~]{1,255}$/.test(idempotencyKey))
    throw new ApiError('header_invalid', 'Idempotency-Key must be 1–255 printable characters.', {
      errors: [{ pointer: '/header/Idempotency-Key', detail: 'is malformed', code: 'pattern' }],
    })
  return { tenant: caller.tenant, receivedAtMs, idempotencyKey }
}

async function accept(
  { deps, receivedAtMs, validation }: UnparsedCall,
  given: EventEnvelope[],
  baseOf: (index: number) => string,
) {
  const events = await validation.check(given, baseOf)
  const results = await deps.ingest.accept(events, receivedAtMs + DEADLINE_MS)
  const conflicts = results.flatMap((result, index) =>
    result.conflict ? [conflictAt(`${baseOf(index)}/id`)] : [],
  )
  if (conflicts.length > 0)
    throw new ApiError('event_conflict', 'The id was used before with other content.', {
      errors: conflicts,
    })
  return results.map((result, index) => acceptedView(deps, result, events[index]?.validation))
}

function acceptedView(
  { config }: ApiDependencies,
  result: AcceptedEvent,
  validation: EventEnvelope['validation'],
): z.output<typeof acceptedSchema> {
  const { id } = result
  const links = {
    self: publicUrl(config, `/v1/events/${id}`),
    deliveries: publicUrl(config, `/v1/deliveries?event=${id}`),
  }
  const duplicate = !result.conflict && result.duplicate
  const warnings = validation && { warnings: validation.errors }
  return { id, status: 'accepted', duplicate, ...warnings, links }
}

export const ingestRoutes = [
  rawRoute(
    {
      method: 'post',
      path: '/v1/events',
      summary: 'Accept an event: durable once answered',
      tag: 'Events',
      role: 'ingest',
      body: eventInputSchema,
      headers: { ...KEY_HEADER, Prefer: '`wait=N` (at most 10 s) waits for first attempts.' },
      problems: [409],
      maxBytes: ({ config }) => config.INGEST_MAX_BYTES,
      responses: {
        200: {
          description: 'Accepted, and every first attempt is in (`Prefer: wait`)',
          schema: acceptedSchema
            .extend({ deliveries: z.array(deliverySummarySchema) })
            .meta({ id: 'AttemptedEvent' }),
          headers: { 'Preference-Applied': 'What was waited.' },
        },
        202: {
          description: 'Accepted',
          schema: acceptedSchema,
          headers: { Location: 'The event.' },
        },
      },
    },
    async (call, body) => {
      const event = eventOf(body, originOf(call))
      const [accepted] = await accept(call, [event], () => '')
      const headers = { location: publicUrl(call.deps.config, `/v1/events/${event.id}`) }
      const seconds = preferredWaitSeconds(call.request.get('prefer'))
      const deliveries = seconds && (await firstAttempts(call.deps, event, seconds))
      if (!deliveries) return { status: 202, body: accepted, headers }
      const applied = { ...headers, 'preference-applied': `wait=${seconds}` }
      return { status: 200, body: { ...accepted, deliveries }, headers: applied }
    },
  ),
  rawRoute(
    {
      method: 'post',
      path: '/v1/events/batch',
      summary: 'Accept 1–500 events, all or none',
      tag: 'Events',
      role: 'ingest',
      body: batchInputSchema,
      headers: KEY_HEADER,
      problems: [409],
      maxBytes: () => BATCH_MAX_BYTES,
      responses: {
        202: {
          description: 'Accepted, one result an event in the order given',
          schema: z.object({ data: z.array(acceptedSchema) }),
        },
      },
    },
    async (call, body) => {
      const base = Array.isArray(body.value) ? '' : '/events'
      const events = eventsOf(body, originOf(call), call.deps.config.INGEST_MAX_BYTES)
      const data = await accept(call, events, (index) => `${base}/${index}`)
      const seen = new Set<string>()
      for (const one of data) {
        one.duplicate ||= seen.has(one.id)
        seen.add(one.id)
      }
      return { status: 202, body: { data } }
    },
  ),
]
