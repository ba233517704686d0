import { z } from 'zod'
import type { EventEnvelope } from '../../delivery/types.ts'
import { wireType } from '../../catalogue/wire-type.ts'
import { newId, sha256 } from '../../ids.ts'
import { ApiError, type FieldError } from '../http/errors.ts'
import { duplicateKey, type JsonScan, type Slice, scanJson } from '../../json/scan.ts'
import { fieldErrors, unknownNames, validationError } from '../input/parse-input.ts'
import { read } from '../input/read.ts'
import { checkShape, duplicateKeyError, type JsonText } from '../input/body.ts'

const BATCH_MAX = 500

const eventIdSchema = z.string().regex(/^[A-Za-z0-9_-]{1,128}$/, 'must be 1–128 of A–Z a–z 0–9 _ -')
/** The name of an event type on the wire. */
export const eventTypeSchema = z
  .string()
  .regex(/^[A-Za-z0-9_.:/-]{1,128}$/, 'must be 1–128 of A–Z a–z 0–9 _ . : / -')
export const labelSchema = z.string().min(1).max(256)

/** An event as the documentation shows it; its data fits the catalogue. */
export const EVENT_EXAMPLE = {
  type: 'customer_tag_add',
  subject: 'customer-42',
  data: { tagId: 'vip', action: 'add', userId: null, processId: null },
}

/** What a service posts. */
export const eventInputSchema = z
  .strictObject({
    id: eventIdSchema.optional().meta({ description: 'Yours, or made by herald.' }),
    type: eventTypeSchema,
    subject: labelSchema.optional().meta({ description: 'Whom or what the event is about.' }),
    reference: labelSchema.optional().meta({ description: 'Your own name for the case.' }),
    occurredAt: z.iso.datetime({ offset: true }).optional(),
    context: z.record(z.string(), z.unknown()).nullable().optional(),
    data: z.unknown().meta({ description: 'Any JSON; kept byte for byte.' }),
  })
  .meta({ id: 'EventInput', required: ['type', 'data'] }) // any JSON, but not nothing

export const batchInputSchema = z
  .union([
    z.strictObject({ events: z.array(eventInputSchema).min(1).max(BATCH_MAX) }),
    z.array(eventInputSchema).min(1).max(BATCH_MAX),
  ])
  .meta({ id: 'EventBatchInput' })

export type IngestOrigin = {
  tenant: string
  receivedAtMs: number
  /** Makes the id of an event that brings none. */
  idempotencyKey?: string | undefined
}

/**
 * The event in a request body, or in its part at the pointer `base`.
 * Throws validation_failed, duplicate_key, too_deep, too_many_keys.
 */
export function eventOf(body: JsonText, origin: IngestOrigin, base = ''): EventEnvelope {
  checkShape(body.scan)
  const hash = sha256(body.bytes)
  return envelope({ ...body, hash, base, key: singleKey(origin) }, origin)
}

/** The event in `{ "event": … }`, as ingest would take it. Throws as eventOf does. */
export function wrappedEventOf(body: JsonText, origin: IngestOrigin): EventEnvelope {
  const unknown = body.scan.members.filter(({ key }) => key !== 'event')
  if (unknown.length > 0) throw unknownMembers(unknown, 'event')
  const [member] = body.scan.members
  if (!member)
    throw validationError([{ pointer: '/event', detail: 'is required', code: 'required' }])
  checkShape(body.scan)
  const text = body.text.slice(member.start, member.end)
  const { event: value } = body.value as { event: unknown }
  const part = { text, value, scan: scanJson(text), hash: sha256(text), key: undefined }
  return envelope({ ...part, base: '/event' }, origin)
}

/** The events of a batch, in order: all are right, or it throws as eventOf does, or event_conflict, too_large. */
export function eventsOf(
  body: JsonText,
  origin: IngestOrigin,
  { maxBytes, readPart = envelope }: { maxBytes: number; readPart?: typeof envelope },
): EventEnvelope[] {
  const { text, values, slices, base } = batchParts(body)
  if (values.length < 1 || values.length > BATCH_MAX)
    throw validationError([
      { pointer: base, detail: `must hold 1–${BATCH_MAX} events`, code: 'size_invalid' },
    ])
  const events = slices.map((slice, index) => {
    const at = `${base}/${index}`
    const element = text.slice(slice.start, slice.end)
    if (Buffer.byteLength(element) > maxBytes)
      throw new ApiError('too_large', `${at}: at most ${maxBytes} bytes an event.`)
    const scan = scanJson(element)
    checkShape(scan)
    const key = origin.idempotencyKey && `${origin.idempotencyKey}/${index}`
    const value = values[index]
    return readPart({ text: element, value, scan, hash: sha256(element), base: at, key }, origin)
  })
  checkRepeatedIds(events, base)
  return events
}

/** One event of a body, with its text; `base` points at it. */
export type EventPart = {
  text: string
  value: unknown
  scan: JsonScan
  hash: string
  base: string
  key: string | undefined
}

function envelope(part: EventPart, origin: IngestOrigin): EventEnvelope {
  const twice = duplicateKey(part.scan)
  if (twice !== undefined) throw duplicateKeyError(twice, part.base)
  const parsed = read(eventInputSchema, part.value)
  if (!parsed.success) throw validationError(fieldErrors(eventInputSchema, parsed.error, part.base))
  const { id, subject, reference, occurredAt, context } = parsed.data
  const raw = (key: string) => {
    const member = part.scan.members.find((one) => one.key === key)
    return member && part.text.slice(member.start, member.end)
  }
  return {
    tenant: origin.tenant,
    id: id ?? madeId(origin, part.key),
    type: wireType(parsed.data.type),
    ...(subject !== undefined && { subject }),
    ...(reference !== undefined && { reference }),
    ...(occurredAt !== undefined && { occurredAt }),
    receivedAt: new Date(origin.receivedAtMs).toISOString(),
    ...(context && { context: raw('context') }),
    data: raw('data') ?? 'null',
    hash: part.hash,
  }
}

/** Where a key reads as that of an event of a batch it is told apart; no header can hold the character. */
function singleKey({ idempotencyKey: key }: IngestOrigin): string | undefined {
  return key !== undefined && /\/\d+$/.test(key) ? `${key}\0` : key
}

/** The same key of the same tenant makes the same id, so that a repeated request is a duplicate. */
function madeId(origin: IngestOrigin, key: string | undefined): string {
  if (key === undefined) return newId('evt', origin.receivedAtMs)
  return `evt_${sha256(`${origin.tenant}/${key}`).slice(0, 32)}`
}

/** `{ "events": [...] }` or the array itself. */
function batchParts(body: JsonText): {
  text: string
  values: unknown[]
  slices: Slice[]
  base: string
} {
  if (Array.isArray(body.value))
    return { text: body.text, values: body.value, slices: body.scan.elements, base: '' }
  const unknown = body.scan.members.filter(({ key }) => key !== 'events')
  const member = body.scan.members.find(({ key }) => key === 'events')
  const values = member && (body.value as { events: unknown }).events
  if (unknown.length > 0) throw unknownMembers(unknown, 'events')
  if (!member || !Array.isArray(values)) throw validationError([NO_EVENTS])
  const text = body.text.slice(member.start, member.end)
  return { text, values, slices: scanJson(text).elements, base: '/events' }
}

/** The 422 for members beside the one that the body may have. */
function unknownMembers(unknown: JsonScan['members'], known: string): ApiError {
  const keys = unknown.map(({ key }) => key)
  return validationError(unknownNames(keys, { at: '', names: [known] }))
}

const NO_EVENTS: FieldError = {
  pointer: '/events',
  detail: 'must be an array of events',
  code: 'invalid_type',
}

function checkRepeatedIds(events: EventEnvelope[], base: string): void {
  const hashes = new Map<string, string>()
  const errors = events.flatMap(({ id, hash }, index) => {
    const first = hashes.get(id) ?? hash
    hashes.set(id, first)
    return first === hash ? [] : [conflictAt(`${base}/${index}/id`)]
  })
  if (errors.length > 0)
    throw new ApiError('event_conflict', 'An id occurs twice with other content.', { errors })
}

/** The field error of an event whose id was used with other bytes. */
export function conflictAt(pointer: string): FieldError {
  return { pointer, detail: 'was used with other content', code: 'event_conflict' }
}
