import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { z } from 'zod'
import type { EventEnvelope } from '../../delivery/types.ts'
import { wireType } from '../../catalogue/wire-type.ts'
import { sha256 } from '../../ids.ts'
import { rawObject } from '../../json/members.ts'
import { ApiError, type FieldError } from '../http/errors.ts'
import { type EventPart, eventTypeSchema, type IngestOrigin, labelSchema } from './ingest-body.ts'
import { duplicateKey } from '../../json/scan.ts'
import { fieldErrors, unknownName, validationError } from '../input/parse-input.ts'
import { read } from '../input/read.ts'
import { isJsonType, mediaTypeOf } from '../input/media-type.ts'
import { checkShape, duplicateKeyError, type JsonText } from '../input/body.ts'

export const STRUCTURED_TYPE = 'application/cloudevents+json'
export const BATCH_TYPE = 'application/cloudevents-batch+json'

const uriReference = z
  .string()
  .regex(/^\S{1,1024}$/, 'must be a URI reference of 1–1024 characters') // no flag: OpenAPI has none
  .refine((text) => !/\p{Cc}/u.test(text), 'must have no control characters')

/** The attributes of CloudEvents 1.0.2 as herald takes them; every other one is an extension. */
const attributesSchema = z.object({
  specversion: z.literal('1.0', 'must be “1.0”'),
  id: z.string().min(1).max(512).meta({ description: 'Unique within its source.' }),
  source: uriReference,
  type: eventTypeSchema,
  subject: labelSchema.optional(),
  time: z.iso.datetime({ offset: true }).optional(),
  datacontenttype: z
    .string()
    .regex(/^[ -~]{1,256}$/, 'must be 1–256 printable ASCII characters')
    .superRefine((text, context) => {
      const media = mediaTypeOf(text)
      const message = isJsonType(media) ? media.fault : 'must be JSON, such as application/json'
      if (message !== undefined) context.addIssue({ code: 'custom', message })
    })
    .optional(),
  dataschema: uriReference.optional(),
  heraldreference: labelSchema.optional().meta({ description: 'Becomes the `reference`.' }),
})
const extension = z.union(
  [z.string(), z.boolean(), z.int()],
  'must be text, a boolean or an integer',
)

/** A CloudEvent in structured content mode. */
export const cloudEventSchema = attributesSchema
  .extend({ data: z.unknown().meta({ description: 'Any JSON; kept byte for byte.' }) })
  .catchall(extension)
  .meta({ id: 'CloudEvent', description: 'CloudEvents 1.0; other attributes become the context.' })

export const cloudEventBatchSchema = z.array(cloudEventSchema).min(1).max(500)

const NAMES = [...Object.keys(attributesSchema.shape), 'data']
/** Attributes that have a place of their own in an event; the others are kept in its context. */
const PLACED = new Set(NAMES.filter((name) => name !== 'dataschema'))

/** How a request brings its events (CloudEvents HTTP binding 1.0.2, section 3); `json` is herald's own. */
export type ContentMode = 'json' | 'structured' | 'batch' | 'binary'

/** The mode of a request: by its media type, then by its `ce-` headers. */
export function contentMode(request: IncomingMessage): ContentMode {
  const { type } = mediaTypeOf(request.headers['content-type'] ?? '')
  if (type === STRUCTURED_TYPE) return 'structured'
  if (type === BATCH_TYPE) return 'batch'
  const required = ['ce-specversion', 'ce-id', 'ce-source', 'ce-type']
  return required.some((name) => name in request.headers) ? 'binary' : 'json'
}

/** The event in one JSON object with all attributes. Throws validation_failed, duplicate_key, too_deep, too_many_keys. */
export function structuredEvent(body: JsonText, origin: IngestOrigin): EventEnvelope {
  checkShape(body.scan)
  return structuredPart({ ...body, base: '' }, origin)
}

/** The event in one element of a batch, or in a body; `base` points at it. Throws validation_failed, duplicate_key. */
export function structuredPart(
  { text, value, scan, base }: Omit<EventPart, 'hash' | 'key'>,
  origin: IngestOrigin,
): EventEnvelope {
  const twice = duplicateKey(scan)
  if (twice !== undefined) throw duplicateKeyError(twice, base)
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isObject)
    throw validationError([{ pointer: base, detail: 'must be an object', code: 'invalid_type' }])
  const raw = new Map(scan.members.map(({ key, start, end }) => [key, text.slice(start, end)]))
  const data = raw.get('data') ?? 'null'
  raw.delete('data')
  // null is the same as absent (CloudEvents JSON format 1.0.2, 2.2)
  for (const [name, json] of raw) if (json === 'null') raw.delete(name)
  const values = new Map(Object.entries(value).filter(([name]) => raw.has(name)))
  const attributes = parsed(values, (name) => `${base}/${name}`)
  if ('errors' in attributes) throw validationError(attributes.errors)
  return envelope(attributes, { raw, data }, origin)
}

/** The event whose attributes are `ce-` headers and whose data is the body. Throws header_invalid, too_deep, too_many_keys. */
export function binaryEvent(
  headers: IncomingHttpHeaders,
  body: JsonText,
  origin: IngestOrigin,
): EventEnvelope {
  checkShape(body.scan)
  const values = new Map<string, unknown>()
  for (const [name, value] of Object.entries(headers))
    if (name.startsWith('ce-')) values.set(name.slice(3), headerText(String(value)))
  // In this mode the Content-Type is that of the data (CloudEvents HTTP binding 1.0.2, 3.1.1).
  const { 'content-type': dataContentType } = headers
  if (dataContentType) values.set('datacontenttype', dataContentType)
  const attributes = parsed(values, (name) =>
    name === 'datacontenttype' && dataContentType ? '/header/Content-Type' : `/header/ce-${name}`,
  )
  if ('errors' in attributes) {
    const [first] = attributes.errors
    const detail = first ? `${first.pointer.slice('/header/'.length)}: ${first.detail}` : ''
    throw new ApiError('header_invalid', detail, { errors: attributes.errors })
  }
  const raw = new Map([...values].map(([name, value]) => [name, JSON.stringify(value)]))
  return envelope(attributes, { raw, data: body.text.trim() }, origin)
}

type Attributes = z.output<typeof attributesSchema>

function parsed(
  values: ReadonlyMap<string, unknown>,
  pointerOf: (name: string) => string,
): Attributes | { errors: FieldError[] } {
  const errors = [...values.keys()].flatMap((name) => nameErrors(name, pointerOf(name)))
  const known = read(attributesSchema, Object.fromEntries(values))
  if (!known.success)
    for (const error of fieldErrors(attributesSchema, known.error, ''))
      errors.push({ ...error, pointer: pointerOf(error.pointer.slice(1)) })
  for (const [name, value] of values)
    if (!PLACED.has(name) && !extension.safeParse(value).success && name !== 'data_base64')
      errors.push({
        pointer: pointerOf(name),
        detail: 'must be text, a boolean or an integer',
        code: 'invalid_type',
      })
  return known.success && errors.length === 0 ? known.data : { errors }
}

/** Attribute names are lower-case letters and digits (CloudEvents 1.0.2, 3.1). */
function nameErrors(name: string, pointer: string): FieldError[] {
  if (name === 'data_base64')
    return [{ pointer, detail: 'is not taken: data must be JSON', code: 'data_not_json' }]
  return /^[a-z0-9]+$/.test(name) ? [] : [unknownName(pointer, name, NAMES)]
}

function envelope(
  attributes: Attributes,
  { raw, data }: { raw: ReadonlyMap<string, string>; data: string },
  origin: IngestOrigin,
): EventEnvelope {
  const { id, source, subject, time, heraldreference: reference } = attributes
  const type = wireType(attributes.type)
  const { datacontenttype: dataContentType } = attributes
  const extensions = [...raw].filter(([name]) => !PLACED.has(name))
  const own = { type, subject, reference, occurredAt: time, source, cloudEventId: id }
  return {
    ...own,
    tenant: origin.tenant,
    id: `evt_${sha256(`${source}\0${id}`).slice(0, 32)}`,
    receivedAt: new Date(origin.receivedAtMs).toISOString(),
    ...(dataContentType !== undefined && { dataContentType }),
    ...(extensions.length > 0 && { context: rawObject(extensions) }),
    data,
    hash: sha256(JSON.stringify([own, data])),
  }
}

/** A header's text: quotes taken off, percent-encoding decoded (CloudEvents HTTP binding 1.0.2, 3.1.3.2). */
function headerText(value: string): string {
  const quoted = /^"(.*)"$/s.exec(value)?.[1]
  const plain = quoted === undefined ? value : quoted.replaceAll(/\\(.)/gs, '$1')
  const latin = plain.replaceAll(/%([0-9a-f]{2})/gi, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  const bytes = Buffer.from(latin, 'latin1')
  return isUtf8(bytes) ? bytes.toString('utf8') : plain
}
