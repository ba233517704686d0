import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type EventEnvelope, type Format, FORMATS } from '../../../src/delivery/types.ts'
import { buildBody } from '../../../src/outbound/request/envelope.ts'
import { jsonMembers } from '../../../src/json/members.ts'

const exact = '{"n": 12345678901234567890, "f":1.0,\n "s":"\\u00e9", "e":1e400}'
const event: EventEnvelope = {
  tenant: 'default',
  id: 'evt_1',
  type: 'customer_tag_add',
  subject: 'cus_1',
  reference: 'ref "1"',
  receivedAt: '2026-11-23T12:00:00.250Z',
  data: exact,
  hash: '',
}
const bare: EventEnvelope = { ...event, subject: undefined, reference: undefined }
const parsed = (format: Format, of: EventEnvelope) =>
  JSON.parse(buildBody(format, of).body) as Record<string, unknown>

describe('the formats', () => {
  it.each(FORMATS)('%s carries data byte for byte', (format) => {
    expect(buildBody(format, event).body).toContain(exact)
    expect(() => parsed(format, event)).not.toThrow()
  })

  it('standard has type, timestamp and data, and what the event says of itself', () => {
    expect(buildBody('standard', event)).toEqual({
      contentType: 'application/json',
      body: `{"id":"evt_1","type":"customer_tag_add","timestamp":"2026-11-23T12:00:00.250Z","subject":"cus_1","reference":"ref \\"1\\"","data":${exact}}`,
    })
    expect(Object.keys(parsed('standard', bare))).toEqual(['id', 'type', 'timestamp', 'data'])
    const occurred = { ...event, occurredAt: '2026-11-23T10:00:00+02:00' }
    expect(parsed('standard', occurred)['timestamp']).toBe('2026-11-23T10:00:00+02:00')
  })

  it('context has four keys, and null where the event has no context', () => {
    const context = '{"screen": 1.0}'
    const { body } = buildBody('context', { ...event, context })
    expect(body).toContain(`"current_context":${context},`)
    expect(Object.keys(JSON.parse(body) as object)).toEqual([
      'event_time',
      'event_type',
      'current_context',
      'data',
    ])
    expect(parsed('context', event)['current_context']).toBeNull()
  })

  it('cloudevents is one object of CloudEvents 1.0', () => {
    expect(buildBody('cloudevents', event).contentType).toBe('application/cloudevents+json')
    const { data, ...attributes } = parsed('cloudevents', { ...event, tenant: 'a b/\u00e9' })
    expect(data).toBeDefined()
    expect(attributes).toEqual({
      specversion: '1.0',
      id: 'evt_1',
      source: 'herald/a%20b%2F%C3%A9',
      type: 'customer_tag_add',
      time: '2026-11-23T12:00:00.250Z',
      subject: 'cus_1',
      heraldreference: 'ref "1"',
      datacontenttype: 'application/json',
    })
    expect(parsed('cloudevents', { ...bare, subject: '' })).not.toHaveProperty('subject')
  })

  it('cloudevents-binary has the attributes as percent-encoded headers', () => {
    const { body, contentType, headers } = buildBody('cloudevents-binary', {
      ...event,
      subject: 'Euro \u20ac \u{1f600}%',
    })
    expect([body, contentType]).toEqual([exact, 'application/json'])
    expect(headers).toEqual({
      'ce-specversion': '1.0',
      'ce-id': 'evt_1',
      'ce-source': 'herald/default',
      'ce-type': 'customer_tag_add',
      'ce-time': '2026-11-23T12:00:00.250Z',
      'ce-subject': 'Euro%20%E2%82%AC%20%F0%9F%98%80%25',
      'ce-heraldreference': 'ref%20%221%22',
    })
  })

  it('raw is the data and nothing else', () => {
    expect(buildBody('raw', event)).toEqual({ body: exact, contentType: 'application/json' })
  })
})

describe('the spektr envelope', () => {
  it('names the end-user, the creation in milliseconds, and no delivery yet', () => {
    const { data, ...envelope } = parsed('spektr', event)
    expect(data).toBeDefined()
    expect(envelope).toEqual({
      id: 'evt_1',
      spektrId: 'cus_1',
      type: 'customer_tag_add',
      delivered: null,
      createdAt: Date.parse(event.receivedAt),
      reference: 'ref "1"',
    })
    expect(parsed('spektr', bare)).toMatchObject({ spektrId: null })
    expect(parsed('spektr', bare)).not.toHaveProperty('reference')
  })

  const end = (data: string) => ({ ...bare, type: 'process_run_end', data })

  it('stands process_run_end at the top level, byte for byte, where its own keys win', () => {
    const data =
      '{ "process_name" : "P", "id":"x", "\\u0069d":"y", "createdAt":1,"data":{"k": 1.0}, "__proto__":{"a":[1,{"b":"}"}]} }'
    expect(buildBody('spektr', end(data)).body).toBe(
      `{"id":"evt_1","spektrId":null,"type":"process_run_end","delivered":null,"createdAt":${Date.parse(event.receivedAt)},"process_name":"P","data":{"k": 1.0},"__proto__":{"a":[1,{"b":"}"}]}}`,
    )
  })

  it('keeps the reference of the data where the event has none', () => {
    expect(parsed('spektr', end('{"reference":"own"}'))).toMatchObject({ reference: 'own' })
  })

  it.each(['[1]', '"text"', 'null', '1.0'])(
    'does not flatten data that is no object: %s',
    (data) => {
      expect(buildBody('spektr', end(data)).body).toContain(`"data":${data}}`)
    },
  )

  it('keeps an empty object in order', () => {
    expect(parsed('spektr', end(' { } '))).not.toHaveProperty('data')
  })
})

describe('the members of an object', () => {
  const spaced = fc.constantFrom(undefined, 0, 1, '\t', '  ')

  it('are those that JSON.parse finds, whatever the text looks like', () => {
    const property = fc.property(
      fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()),
      spaced,
      (value, space) => {
        const text = JSON.stringify(value, null, space)
        const members = jsonMembers(text) ?? []
        expect(members.map(({ key }) => key)).toEqual(Object.keys(JSON.parse(text) as object))
        const again = `{${members.map(({ rawKey, rawValue }) => `${rawKey}:${rawValue}`).join(',')}}`
        expect(JSON.parse(again)).toEqual(JSON.parse(text))
        for (const { rawValue } of members) expect(text).toContain(rawValue)
      },
    )
    fc.assert(property)
  })

  it('spliced into any JSON format give the same data back', () => {
    fc.assert(
      fc.property(fc.jsonValue(), spaced, fc.constantFrom(...FORMATS), (value, space, format) => {
        const data = JSON.stringify(value, null, space)
        const { body } = buildBody(format, { ...event, data })
        expect(body).toContain(data)
        const got = JSON.parse(body) as { data: unknown }
        expect(body === data ? got : got.data).toEqual(JSON.parse(data))
      }),
    )
  })
})
