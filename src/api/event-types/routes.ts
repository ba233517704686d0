import { z } from 'zod'
import { checkType } from '../../catalogue/check-type.ts'
import { recordChange } from '../access/audit.ts'
import { checkIfMatch, etagOf, isUnchanged, staleVersion } from '../http/etag.ts'
import { listEventTypes } from './list.ts'
import {
  auditedType,
  type EventType,
  eventTypeInputSchema,
  eventTypeView,
  eventTypeViewSchema,
  findEventType,
  nextType,
  noSuchType,
  storeEventType,
} from './types.ts'
import { eventTypeSchema } from '../events/view.ts'
import { publicUrl } from '../http/links.ts'
import { pageOf, pageQuery } from '../lists/pages.ts'
import { validationError } from '../input/parse-input.ts'
import { reservedError, reservedFaults } from './reserved.ts'
import { type Answer, type Call, route } from '../http/route.ts'

const tag = 'Event types'
const path = '/v1/event-types/{name}'
const etag = { ETag: 'The version, for If-Match.' }

function shown(type: EventType, status: number): Answer {
  return { status, body: eventTypeView(type), headers: { etag: etagOf(type.version) } }
}

/** A version is needed to replace, none may be given to create. Throws if_match_missing, version_stale. */
function checkSeen(call: Call<unknown, unknown>, stored: EventType | undefined): void {
  if (stored) checkIfMatch(call.request, stored.version)
  else if (call.request.headers['if-match'] !== undefined) throw staleVersion()
  if (stored && call.request.headers['if-none-match'] === '*') throw staleVersion()
}

async function put(call: Call<undefined, z.output<typeof eventTypeInputSchema>>): Promise<Answer> {
  const { name } = call.params
  if (!eventTypeSchema.safeParse(name).success)
    throw validationError([
      { pointer: '/path/name', detail: 'must be 1–128 of A–Z a–z 0–9 _ . : / -', code: 'pattern' },
    ])
  const given = { name, ...call.body }
  const reserved = reservedFaults(given, '/path/name')
  if (reserved.length > 0) throw reservedError(reserved)
  const before = await findEventType(call, name)
  checkSeen(call, before.type)
  const faults = await checkType(given, call.caller.tenant)
  if (faults.length > 0) throw validationError(faults)
  const type = nextType(given, before, new Date(call.deps.now()))
  await storeEventType(call, type)
  await recordChange(call, {
    action: before.type ? 'event_type.changed' : 'event_type.created',
    resource: name,
    ...(before.type && { before: auditedType(before.type) }),
    after: auditedType(type),
  })
  if (before.type) return shown(type, 200)
  const answer = shown(type, 201)
  const location = publicUrl(call.deps.config, `/v1/event-types/${encodeURIComponent(name)}`)
  return { ...answer, headers: { ...answer.headers, location } }
}

export const eventTypeRoutes = [
  route({
    method: 'get',
    path: '/v1/event-types',
    operationId: 'listEventTypes',
    summary: 'List event types by name',
    tag,
    role: 'viewer',
    query: z.strictObject(pageQuery),
    responses: { 200: { description: 'A page', schema: pageOf(eventTypeViewSchema) } },
    handle: listEventTypes,
  }),
  route({
    method: 'get',
    path,
    operationId: 'getEventType',
    summary: 'Read an event type',
    tag,
    role: 'viewer',
    headers: { 'If-None-Match': 'The ETag that you have; then 304.' },
    responses: {
      200: { description: 'The type', schema: eventTypeViewSchema, headers: etag },
      304: { description: 'Unchanged', headers: etag },
    },
    handle: async (call) => {
      const { type } = await findEventType(call, call.params.name)
      if (!type) throw noSuchType()
      if (isUnchanged(call.request, type.version))
        return { status: 304, headers: { etag: etagOf(type.version) } }
      return shown(type, 200)
    },
  }),
  route({
    method: 'put',
    path,
    operationId: 'putEventType',
    summary: 'Create or replace an event type',
    tag,
    role: 'admin',
    headers: {
      'If-Match': 'The ETag that you have read; needed to replace.',
      'If-None-Match': '`*` creates only.',
    },
    body: eventTypeInputSchema,
    example: {
      description: 'An order was paid.',
      schema: {
        type: 'object',
        properties: { total: { type: 'integer' } },
        required: ['total'],
      },
      example: { total: 1990 },
    },
    problems: [412, 428],
    responses: {
      200: { description: 'Replaced', schema: eventTypeViewSchema, headers: etag },
      201: {
        description: 'Created',
        schema: eventTypeViewSchema,
        headers: { ...etag, Location: 'The type.' },
      },
    },
    handle: put,
  }),
  route({
    method: 'delete',
    path,
    operationId: 'deleteEventType',
    summary: 'Delete an event type; its events are not checked any more',
    tag,
    role: 'admin',
    headers: { 'If-Match': 'The ETag that you have read; needed.' },
    problems: [412, 428],
    responses: { 204: { description: 'Deleted' } },
    handle: async (call) => {
      const before = await findEventType(call, call.params.name)
      if (!before.type) throw noSuchType()
      checkIfMatch(call.request, before.type.version)
      const now = new Date(call.deps.now())
      await storeEventType(call, nextType(before.type, before, now), now)
      const { name } = before.type
      const change = { action: 'event_type.deleted', before: auditedType(before.type) }
      await recordChange(call, { ...change, resource: name })
      return { status: 204 }
    },
  }),
]
