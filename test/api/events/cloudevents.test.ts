import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { EventEnvelope } from '../../../src/delivery/types.ts'
import { sha256 } from '../../../src/ids.ts'
import { envelopeOf, type EventDocument } from '../../../src/models/event.ts'
import { buildBody } from '../../../src/outbound/request/envelope.ts'
import { type Api, startApi } from '../support.ts'

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())
beforeEach(() => {
  api.ingest.accepted.length = 0
})

const STRUCTURED = 'application/cloudevents+json'
const BATCH = 'application/cloudevents-batch+json'
const event = { specversion: '1.0', id: 'A234-1', source: '/shop/4', type: 'com.example.paid' }
const eventId = `evt_${sha256('/shop/4\0A234-1').slice(0, 32)}`
const ceHeaders = {
  'ce-specversion': '1.0',
  'ce-id': 'A234-1',
  'ce-source': '/shop/4',
  'ce-type': 'com.example.paid',
}

const post = (body: unknown, headers: Record<string, string>, path = '/v1/events') =>
  api.call('POST', path, { key: api.keys.ingest, body, headers })
const structured = (body: unknown) => post(body, { 'content-type': STRUCTURED })
/** As Python's SDK sends it: without any header that is not given. */
async function rawPost(headers: Record<string, string>, body: string) {
  const { port } = new URL(api.url)
  const authorization = `Bearer ${api.keys.ingest}`
  const sent = request({
    port,
    method: 'POST',
    path: '/v1/events',
    headers: { authorization, 'content-length': body.length, ...headers },
  }).end(body)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  response.resume()
  return { status: response.statusCode }
}
const binary = (body: unknown, headers: Record<string, string>) =>
  post(body, { ...ceHeaders, ...headers })

describe('a CloudEvent of a type that herald itself makes', () => {
  const type = 'herald.webhook.recovered'
  it.each([
    ['structured', '/type', () => structured({ ...event, type })],
    ['binary', '/header/ce-type', () => binary('{}', { 'ce-type': type })],
    [
      'batch',
      '/1/type',
      () => post([event, { ...event, id: 'b', type }], { 'content-type': BATCH }),
    ],
  ])('is refused in %s mode', async (_mode, pointer, send) => {
    const { status, json } = await send()
    expect([status, json]).toMatchObject([422, { code: 'type_reserved', errors: [{ pointer }] }])
    expect(api.ingest.accepted).toEqual([])
  })
})

describe('a CloudEvent in structured mode', () => {
  it('becomes an event with its source and id, its data byte for byte', async () => {
    const data = '{"n": 12345678901234567890, "f":1.0}'
    const text = `${JSON.stringify(event).slice(0, -1)},"subject":"cust-1","time":"2026-01-02T03:04:05.678Z","datacontenttype":"application/json; charset=utf-8","heraldreference":"case-9","dataschema":"https://example.com/s","traceparent":"00-1","sampled":true,"gone":null,"data": ${data} }`
    const answer = await structured(text)
    expect(answer.status, answer.text).toBe(202)
    expect(answer.json).toMatchObject({ id: eventId, status: 'accepted', duplicate: false })
    expect(answer.headers.get('location')).toBe(`/v1/events/${eventId}`)
    expect(api.ingest.accepted).toMatchObject([
      {
        id: eventId,
        source: '/shop/4',
        cloudEventId: 'A234-1',
        type: 'com.example.paid',
        subject: 'cust-1',
        reference: 'case-9',
        occurredAt: '2026-01-02T03:04:05.678Z',
        context: '{"dataschema":"https://example.com/s","traceparent":"00-1","sampled":true}',
        data,
      },
    ])
  })

  it('without data has null, and without extensions no context', async () => {
    expect((await structured(event)).status).toBe(202)
    expect(api.ingest.accepted[0]).toMatchObject({ data: 'null' })
    expect(api.ingest.accepted[0]).not.toHaveProperty('context')
  })

  it.each([
    [{ specversion: '0.3' }, '/specversion', 'invalid_value'],
    [{ specversion: undefined }, '/specversion', 'invalid_value'],
    [{ id: undefined }, '/id', 'required'],
    [{ id: '' }, '/id', 'too_small'],
    [{ source: undefined }, '/source', 'required'],
    [{ source: 'two words' }, '/source', 'invalid_format'],
    [{ type: 'a b' }, '/type', 'invalid_format'],
    [{ time: 'yesterday' }, '/time', 'invalid_format'],
    [{ subject: 5 }, '/subject', 'invalid_type'],
    [{ data_base64: 'aGk=' }, '/data_base64', 'data_not_json'],
    [{ datacontenttype: 'text/xml' }, '/datacontenttype', 'custom'],
    [{ dataContentType: 'application/json' }, '/dataContentType', 'unknown_field'],
    [{ my_ext: 'x' }, '/my_ext', 'unknown_field'],
    [{ ext: { a: 1 } }, '/ext', 'invalid_type'],
    [{ ext: 1.5 }, '/ext', 'invalid_type'],
  ])('with %j is refused at %s', async (change, pointer, code) => {
    const answer = await structured({ ...event, ...change })
    expect(answer.status).toBe(422)
    expect(answer.json).toMatchObject({ code: 'validation_failed', errors: [{ pointer, code }] })
    expect(api.ingest.accepted).toEqual([])
  })

  it('that is no object, or has an attribute twice, is refused', async () => {
    expect((await structured([event])).status).toBe(422)
    const twice = await structured(`${JSON.stringify(event).slice(0, -1)},"id":"b"}`)
    expect(twice.json).toMatchObject({ code: 'duplicate_key', errors: [{ pointer: '/id' }] })
  })
})

describe('a CloudEvent in binary mode', () => {
  it('takes its attributes from the headers and the body as data', async () => {
    const answer = await binary(' {"n":1.50} ', {
      'ce-subject': 'Z%C3%BCrich %22%31',
      'ce-time': '2026-01-02T03:04:05Z',
      'ce-traceparent': '"quoted \\"x\\""',
      'content-type': 'application/vnd.example+json',
    })
    expect(answer.status, answer.text).toBe(202)
    expect(api.ingest.accepted).toMatchObject([
      {
        id: eventId,
        subject: 'Zürich "1',
        occurredAt: '2026-01-02T03:04:05Z',
        context: JSON.stringify({ traceparent: 'quoted "x"' }),
        data: '{"n":1.50}',
      },
    ])
  })

  it.each([undefined, 'application/json', 'application/json; charset=utf8; version=2'])(
    'with the Content-Type %s has JSON as its data',
    async (type) => {
      const { status } = await rawPost(
        { ...ceHeaders, ...(type && { 'content-type': type }) },
        '{"n":1}',
      )
      expect(status).toBe(202)
      expect(api.ingest.accepted).toMatchObject([{ cloudEventId: 'A234-1', data: '{"n":1}' }])
      expect(api.ingest.accepted[0]?.dataContentType).toBe(type)
    },
  )

  it('without a Content-Type and without its attributes is no CloudEvent, and needs one', async () => {
    expect((await rawPost({}, '{"type":"a","data":1}')).status).toBe(415)
    expect((await rawPost(ceHeaders, '<a/>')).status).toBe(400)
  })

  it('may have no body', async () => {
    expect((await binary(undefined, {})).status).toBe(202)
    expect(api.ingest.accepted[0]?.data).toBe('null')
  })

  it.each([
    [{ 'ce-specversion': '2.0' }, '/header/ce-specversion'],
    [{ 'ce-id': '' }, '/header/ce-id'],
    [{ 'ce-type': 'a b' }, '/header/ce-type'],
    [{ 'ce-my_ext': 'x' }, '/header/ce-my_ext'],
  ])('with %j is refused', async (headers, pointer) => {
    const answer = await binary({}, headers)
    expect(answer.status).toBe(400)
    expect(answer.json).toMatchObject({ code: 'header_invalid', errors: [{ pointer }] })
  })

  it('without a source is refused, with the name of the header', async () => {
    const { 'ce-source': _source, ...others } = ceHeaders
    const answer = await post({}, others)
    const errors = [{ pointer: '/header/ce-source', detail: 'is required', code: 'required' }]
    expect(answer.json).toMatchObject({ status: 400, detail: 'ce-source: is required', errors })
  })

  it('whose data is not JSON is refused', async () => {
    const xml = await binary('<a/>', { 'content-type': 'text/xml' })
    expect(xml.json).toMatchObject({ status: 415, code: 'media_type_unsupported' })
    expect((await binary('<a/>', {})).json).toMatchObject({ code: 'json_invalid' })
  })
})

describe('a batch of CloudEvents', () => {
  it.each(['/v1/events', '/v1/events/batch'])('is taken at %s, in order', async (path) => {
    const batch = [event, { ...event, id: 'b' }, event]
    const answer = await post(batch, { 'content-type': BATCH }, path)
    expect(answer.status, answer.text).toBe(202)
    const { data } = answer.json as { data: { id: string; duplicate: boolean }[] }
    expect(data.map(({ duplicate }) => duplicate)).toEqual([false, false, true])
    expect(data.map(({ id }) => id)).toEqual([eventId, expect.stringMatching(/^evt_/), eventId])
    expect(new Set(api.ingest.accepted.map(({ cloudEventId }) => cloudEventId))).toEqual(
      new Set(['A234-1', 'b']),
    )
  })

  it.each([
    [[], ''],
    [event, ''],
    [[event, { ...event, type: undefined }], '/1/type'],
    [[event, 5], '/1'],
  ])('%j is refused as a whole', async (batch, pointer) => {
    const answer = await post(batch, { 'content-type': BATCH })
    expect(answer.json).toMatchObject({ status: 422, errors: [{ pointer }] })
    expect(api.ingest.accepted).toEqual([])
  })

  it('is not one event: a single one at /batch is refused', async () => {
    const answer = await post(event, { 'content-type': STRUCTURED }, '/v1/events/batch')
    expect(answer.json).toMatchObject({ status: 415 })
  })
})

describe('two CloudEvents', () => {
  it('of one source and id are one event, whatever the mode and the extensions', async () => {
    const data = { n: 1 }
    expect((await structured({ ...event, data })).json).toMatchObject({ duplicate: false })
    expect((await binary(data, { 'ce-traceparent': '00-2' })).json).toMatchObject({
      id: eventId,
      duplicate: true,
    })
    expect(api.ingest.accepted).toHaveLength(1)
  })

  it('of one source and id with other data are a conflict', async () => {
    await structured({ ...event, data: 1 })
    const one = await structured({ ...event, data: 2 })
    expect(one.json).toMatchObject({ status: 409, errors: [{ pointer: '/id' }] })
    const two = await binary(2, {})
    expect(two.json).toMatchObject({ status: 409, errors: [{ pointer: '/header/ce-id' }] })
  })

  it('of one id and two sources are two events', async () => {
    await structured(event)
    expect((await structured({ ...event, source: '/shop/5' })).json).toMatchObject({
      duplicate: false,
    })
    expect(api.ingest.accepted).toHaveLength(2)
  })
})

describe('an event that came as a CloudEvent', () => {
  it('shows its source and id, and goes on under them', async () => {
    await structured({ ...event, data: 1 })
    const [accepted] = api.ingest.accepted
    if (!accepted) throw new Error('nothing was accepted')
    const { receivedAt, ...rest } = accepted
    const stored = {
      webhooks: [],
      delivered: false,
      workflow: 'w',
      receivedAt: new Date(receivedAt),
    }
    await api.models.events.create({ ...rest, ...stored, _id: `default/${eventId}` })
    const shown = await api.call('GET', `/v1/events/${eventId}`)
    expect(shown.json).toMatchObject({ id: eventId, source: '/shop/4', cloudEventId: 'A234-1' })
    expect(JSON.parse(buildBody('cloudevents', accepted).body)).toMatchObject({
      id: 'A234-1',
      source: '/shop/4',
      data: 1,
    })
    expect(buildBody('cloudevents-binary', accepted).headers).toMatchObject({
      'ce-id': 'A234-1',
      'ce-source': '/shop/4',
    })
  })
})

describe('a CloudEvent on its way through', () => {
  const attributes = {
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    partitionkey: 'customer 4 \u20ac',
    dataschema: 'https://example.com/schemas/paid.json#v1',
    sequence: 42,
    negative: -7,
    sampled: true,
    dropped: false,
  }
  const datacontenttype = 'application/vnd.example.paid+json; version=2'
  const text = {
    ...attributes,
    sequence: '42',
    negative: '-7',
    sampled: 'true',
    dropped: 'false',
  }
  const inBinary = {
    ...Object.fromEntries(Object.entries(text).map(([name, value]) => [`ce-${name}`, value])),
    'ce-partitionkey': 'customer%204%20%E2%82%AC',
  }

  it.each([
    [
      'structured',
      attributes,
      () => structured({ ...event, ...attributes, datacontenttype, data: [1] }),
    ],
    ['binary', text, () => binary('[1]', { ...inBinary, 'content-type': datacontenttype })],
    [
      'batch',
      attributes,
      () =>
        post([{ ...event, ...attributes, datacontenttype, data: [1] }], { 'content-type': BATCH }),
    ],
  ])(
    'that came in %s mode keeps id, extensions, dataschema and datacontenttype in both formats',
    async (_mode, kept, send) => {
      expect((await send()).status).toBe(202)
      const stored = await throughMongo(api.ingest.accepted[0])
      for (const one of [api.ingest.accepted[0], stored]) {
        if (!one) throw new Error('nothing was accepted')
        const out = buildBody('cloudevents', one)
        expect(out.contentType).toBe('application/cloudevents+json')
        expect(JSON.parse(out.body)).toEqual({
          ...event,
          ...kept,
          datacontenttype,
          time: one.receivedAt,
          data: [1],
        })
        const { body, contentType, headers } = buildBody('cloudevents-binary', one)
        expect([body, contentType]).toEqual(['[1]', datacontenttype])
        expect(headers).toEqual({ ...ceHeaders, ...inBinary, 'ce-time': one.receivedAt })
      }
    },
  )

  it('through two heralds is the same, whatever the formats between', async () => {
    await structured({ ...event, ...attributes, datacontenttype, data: { n: 1.5 } })
    const [first] = api.ingest.accepted.splice(0)
    if (!first) throw new Error('nothing was accepted')
    const out = buildBody('cloudevents-binary', first)
    await post(out.body, { ...out.headers, 'content-type': out.contentType })
    const [second] = api.ingest.accepted.splice(0)
    if (!second) throw new Error('nothing was accepted')
    expect(second.id).toBe(first.id)
    const again = JSON.parse(buildBody('cloudevents', second).body) as object
    expect(again).toEqual({
      ...event,
      ...text,
      datacontenttype,
      time: first.receivedAt,
      data: { n: 1.5 },
    })
  })

  it('leaves out what CloudEvents cannot carry: an empty text, and the context of another event', async () => {
    await structured({ ...event, gone: '', data: 1 })
    await post({ type: 'a', context: { traceparent: 'x' }, data: 1 }, {})
    const [cloudEvent, other] = api.ingest.accepted
    if (!cloudEvent || !other) throw new Error('nothing was accepted')
    expect(JSON.parse(buildBody('cloudevents', cloudEvent).body)).not.toHaveProperty('gone')
    expect(buildBody('cloudevents-binary', other).headers).not.toHaveProperty('ce-traceparent')
    expect(buildBody('context', other).body).toContain('"traceparent":"x"')
  })
})

/** The event as it comes out of MongoDB. */
async function throughMongo(accepted: EventEnvelope | undefined): Promise<EventEnvelope> {
  if (!accepted) throw new Error('nothing was accepted')
  const { receivedAt, ...rest } = accepted
  const stored = { webhooks: [], delivered: false, workflow: 'w', receivedAt: new Date(receivedAt) }
  const _id = `default/${randomUUID()}`
  await api.models.events.create({ ...rest, ...stored, _id })
  const found = await api.models.events.findById(_id).lean<EventDocument>().exec()
  if (!found) throw new Error('nothing was stored')
  return envelopeOf(found)
}
