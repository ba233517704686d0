import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  BATCH_TYPE,
  binaryEvent,
  STRUCTURED_TYPE,
  structuredEvent,
  structuredPart,
} from '../../src/api/events/cloudevents-body.ts'
import { ApiError } from '../../src/api/http/errors.ts'
import { eventOf, eventsOf } from '../../src/api/events/ingest-body.ts'
import { type JsonText, readJson } from '../../src/api/input/body.ts'
import type { EventEnvelope } from '../../src/delivery/types.ts'
import { fuzz, mangled } from '../support/strangers/fuzz.ts'

const LIMIT_BYTES = 4_096
const ORIGIN = { tenant: 'default', receivedAtMs: 1_700_000_000_000 }
const REFUSALS = [400, 413, 415, 422]

/** The JSON of a request with this body, read as the routes of ingest read it. */
function read(body: string | Uint8Array, type = 'application/json'): Promise<JsonText> {
  const chunks = body.length === 0 ? [] : [Buffer.from(body)]
  const request = Object.assign(Readable.from(chunks), { headers: { 'content-type': type } })
  return readJson(request as unknown as IncomingMessage, {
    limitBytes: LIMIT_BYTES,
    types: ['application/json', STRUCTURED_TYPE, BATCH_TYPE],
  })
}

/** What `parse` gives, or undefined where it refuses; fails if that is no documented refusal, or quotes the body. */
async function refusedOr<T>(parse: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await parse()
  } catch (error) {
    expect(error).toBeInstanceOf(ApiError)
    expect(REFUSALS).toContain((error as ApiError).status)
    return undefined
  } finally {
    expect(Object.keys(Object.prototype)).toEqual([])
  }
}

const text = fc.string({ unit: 'binary', maxLength: 12 })
const label = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
const numbers = fc.constantFrom('12345678901234567890', '1.0', '-0', '1e400', '0.1000')
const space = fc.constantFrom('', ' ', '\n', '\t', '\r\n ')
const json = fc.oneof(
  numbers,
  fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value)),
  fc.constantFrom('{"__proto__":{"polluted":1}}', '{"a":1,"a":2}', '"\\ud800"', '[[[[]]]]', '{}'),
)
const members = fc.record(
  {
    id: fc.stringMatching(/^[A-Za-z0-9_-]{1,128}$/).map((id) => JSON.stringify(id)),
    type: fc.stringMatching(/^[A-Za-z0-9_.:/-]{1,128}$/).map((type) => JSON.stringify(type)),
    subject: label.map((value) => JSON.stringify(value)),
    context: fc.dictionary(text, fc.jsonValue()).map((value) => JSON.stringify(value)),
    data: json,
  },
  { requiredKeys: ['type', 'data'] },
)
type Members = { type: string; data: string } & Record<string, string | undefined>
const written = fc
  .tuple(members, space, space)
  .map(([parts, before, after]) => ({ parts: parts as Members, text: print(parts, before, after) }))

function print(parts: object, before: string, after: string): string {
  const list = Object.entries(parts).map(
    ([name, value]) => `${before}"${name}"${after}:${before}${String(value)}${after}`,
  )
  return `${before}{${list.join(',')}}${after}`
}

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

function expectSound(event: EventEnvelope, source: string): void {
  expect(event.id).toMatch(/^[A-Za-z0-9_-]{1,128}$/)
  expect(event.type).toMatch(/^[A-Za-z0-9_.:/-]{1,128}$/)
  expect(event.tenant).toBe('default')
  expect(source).toContain(event.data === 'null' ? '' : event.data)
  expect(depthOf(JSON.parse(event.data))).toBeLessThanOrEqual(64)
  if (event.context !== undefined) expect(typeof JSON.parse(event.context)).toBe('object')
}

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 64 }),
  mangled(written.map((event) => event.text)).map((broken) => Buffer.from(broken)),
  fc
    .tuple(
      written.map((event) => Buffer.from(event.text)),
      fc.nat(),
      fc.nat(255),
    )
    .map(([whole, at, byte]) => Buffer.from(whole.fill(byte, at % whole.length).subarray())),
  fc.integer({ min: 60, max: 2_000 }).map((depth) => Buffer.from('['.repeat(depth))),
  fc
    .integer({ min: 60, max: 70 })
    .map((depth) => `{"type":"a","data":${'['.repeat(depth)}${']'.repeat(depth)}}`)
    .map((nested) => Buffer.from(nested)),
  fc.integer({ min: 4_000, max: 4_200 }).map((size) => Buffer.alloc(size, ' ')),
)

describe('the parser of ingest, fuzzed', () => {
  it('takes or refuses any bytes, and keeps of what it takes every byte of data', () =>
    fuzz(
      'ingest bytes',
      fc.asyncProperty(bytes, async (body) => {
        const event = await refusedOr(async () => eventOf(await read(body), ORIGIN))
        const source = Buffer.from(body).toString('utf8')
        if (event) expectSound(event, source)
        const batch = await refusedOr(async () =>
          eventsOf(await read(`[${source}]`), ORIGIN, { maxBytes: LIMIT_BYTES }),
        )
        for (const one of batch ?? []) expectSound(one, source)
      }),
    ))

  it('keeps each member of a good event as it was written, whatever stands between them', () =>
    fuzz(
      'ingest round trip',
      fc.asyncProperty(written, async ({ parts, text: body }) => {
        const event = eventOf(await read(body), ORIGIN)
        expectSound(event, body)
        expect(event.data).toBe(parts.data)
        expect(event.type).toBe(JSON.parse(parts.type))
        expect(event.context).toBe(parts['context'])
        if (parts['id'] !== undefined) expect(event.id).toBe(JSON.parse(parts['id']))
        expect(event.subject).toBe(
          parts['subject'] === undefined ? undefined : JSON.parse(parts['subject']),
        )
      }),
    ))

  it('reads an event of a batch as it reads it alone', () =>
    fuzz(
      'ingest batch',
      fc.asyncProperty(
        fc.uniqueArray(written, {
          minLength: 1,
          maxLength: 4,
          selector: ({ parts }) => parts['id'] ?? '',
        }),
        fc.boolean(),
        async (events, wrapped) => {
          const list = `[${events.map((event) => event.text).join(' , ')}]`
          fc.pre(list.length < LIMIT_BYTES / 4)
          const origin = { ...ORIGIN, idempotencyKey: 'k' }
          const batch = eventsOf(await read(wrapped ? `{"events":${list}}` : list), origin, {
            maxBytes: LIMIT_BYTES,
          })
          for (const [index, { parts, text: alone }] of events.entries()) {
            const single = eventOf(await read(alone.trim()), {
              ...ORIGIN,
              idempotencyKey: `k/${index}`,
            })
            // a single event never gets the id that a batch makes of its key
            const id = parts['id'] === undefined ? expect.not.stringMatching(single.id) : single.id
            expect(batch[index]).toEqual({ ...single, id })
          }
        },
      ),
    ))

  it('takes or refuses any CloudEvent, structured or in headers', () => {
    const attributes = fc.dictionary(
      fc.oneof(
        fc.constantFrom('specversion', 'id', 'source', 'type', 'data', 'subject', 'data_base64'),
        fc.constantFrom('__proto__', 'constructor', 'heraldreference', 'traceparent', 'A-b'),
        text,
      ),
      fc.oneof(
        fc.constantFrom('1.0', '/s', 'a.b', '%e2%82', '"q\\"', '2026-01-01T00:00:00Z'),
        text,
      ),
    )
    const valid = { specversion: '1.0', id: 'a', source: '/s', type: 't' }
    return fuzz(
      'CloudEvents',
      fc.asyncProperty(attributes, fc.boolean(), json, async (given, complete, data) => {
        const all = complete ? { ...given, ...valid } : given
        const body = JSON.stringify(all)
        const structured = await refusedOr(async () => structuredEvent(await read(body), ORIGIN))
        if (structured) expectSound(structured, body)
        const part = await refusedOr(async () => {
          const whole = await read(body)
          return structuredPart({ ...whole, base: '/0' }, ORIGIN)
        })
        expect(part).toEqual(structured)
        const headers = Object.entries(all).map(([name, value]) => [`ce-${name}`, value])
        const binary = await refusedOr(async () =>
          binaryEvent(
            Object.fromEntries(headers) as Record<string, string>,
            await read(data),
            ORIGIN,
          ),
        )
        if (binary) expectSound(binary, data)
      }),
    )
  })
})
