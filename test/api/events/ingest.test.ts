import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '../../../src/ids.ts'
import { EventTooLarge, IngestUnavailable } from '../../../src/ingest/types.ts'
import { addDelivery, type Api, startApi } from '../support.ts'

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())
beforeEach(() => {
  api.ingest.accepted.length = 0
  api.ingest.fault = undefined
})

const post = (body: unknown, headers: Record<string, string> = {}, path = '/v1/events') =>
  api.call('POST', path, { key: api.keys.ingest, body, headers })

describe('POST /v1/events', () => {
  it('answers 202 with the id, links and Location', async () => {
    const answer = await post({ id: 'order-1', type: 'a.b', data: { x: 1 } })
    expect(answer.status).toBe(202)
    expect(answer.json).toEqual({
      id: 'order-1',
      status: 'accepted',
      duplicate: false,
      links: { self: '/v1/events/order-1', deliveries: '/v1/deliveries?event=order-1' },
    })
    expect(answer.headers.get('location')).toBe('/v1/events/order-1')
  })

  it('keeps data and context byte for byte and hashes the body as it came', async () => {
    const data = '{"n": 12345678901234567890, "f":1.0,\n "s":"\\u00e9"}'
    const text = `{"type":"a.b" , "context": {"b":1.50} ,"data": ${data} }`
    await post(text)
    const [event] = api.ingest.accepted
    expect(event?.data).toBe(data)
    expect(event?.context).toBe('{"b":1.50}')
    expect(event?.hash).toBe(sha256(text))
    expect(event?.id).toMatch(/^evt_[0-9a-f]{32}$/)
  })

  it('gives an event three seconds from its arrival', async () => {
    const before = Date.now()
    await post({ type: 'a.b', data: null })
    expect(api.ingest.deadlines.at(-1)).toBeGreaterThanOrEqual(before + 3_000)
    expect(api.ingest.deadlines.at(-1)).toBeLessThanOrEqual(Date.now() + 3_000)
  })

  it('refuses the types that herald itself makes, and says which', async () => {
    for (const type of ['herald.webhook.failing', 'herald.', 'herald.anything']) {
      const { status, json } = await post({ type, data: 1 })
      expect([status, json]).toMatchObject([
        422,
        { code: 'type_reserved', errors: [{ pointer: '/type', code: 'type_reserved' }] },
      ])
      expect((json as { detail: string }).detail).toMatch(/begins with “herald\.”.*\/test/)
    }
    for (const type of ['herald', 'heralds.a', 'my.herald.a'])
      expect((await post({ type, data: 1 })).status).toBe(202)
    expect(api.ingest.accepted).toHaveLength(3)
  })

  it.each([
    ['an object', '/events/1/type', (events: object[]) => ({ events })],
    ['an array', '/1/type', (events: object[]) => events],
  ])('refuses a batch that is %s with a type of herald, whole', async (_name, pointer, body) => {
    const types = ['a.b', 'herald.webhook.disabled', 'herald.']
    const events = types.map((type) => ({ type, data: 1 }))
    const { status, json } = await post(body(events), {}, '/v1/events/batch')
    expect([status, json]).toMatchObject([
      422,
      { code: 'type_reserved', errors: [{ pointer }, {}] },
    ])
    expect(api.ingest.accepted).toEqual([])
  })

  it('tells a duplicate from a conflict', async () => {
    const event = { id: 'same', type: 'a.b', data: 1 }
    expect((await post(event)).json).toMatchObject({ duplicate: false })
    expect((await post(event)).json).toMatchObject({ duplicate: true })
    const other = await post({ ...event, data: 2 })
    expect(other.status).toBe(409)
    expect(other.json).toMatchObject({ code: 'event_conflict', errors: [{ pointer: '/id' }] })
  })

  it('makes the id from the Idempotency-Key, unless the body has one', async () => {
    const key = { 'idempotency-key': 'k 1' }
    const id = `evt_${sha256('default/k 1').slice(0, 32)}`
    expect((await post({ type: 'a', data: 1 }, key)).json).toMatchObject({ id, duplicate: false })
    expect((await post({ type: 'a', data: 1 }, key)).json).toMatchObject({ id, duplicate: true })
    expect((await post({ id: 'mine', type: 'a', data: 1 }, key)).json).toMatchObject({ id: 'mine' })
    const tenant = await post({ type: 'a', data: 1 }, { ...key, 'herald-tenant': 'acme' })
    expect(tenant.json).toMatchObject({ id: `evt_${sha256('acme/k 1').slice(0, 32)}` })
  })

  it('answers 503 with Retry-After where ingest is unavailable, and 413 for what Temporal will not take', async () => {
    api.ingest.fault = new IngestUnavailable('full', 7)
    const unavailable = await post({ type: 'a', data: 1 })
    expect(unavailable.status).toBe(503)
    expect(unavailable.json).toMatchObject({ code: 'ingest_unavailable' })
    expect(unavailable.headers.get('retry-after')).toBe('7')
    api.ingest.fault = new EventTooLarge('too large')
    expect((await post({ type: 'a', data: 1 })).status).toBe(413)
  })

  it.each([
    [{ 'user-agent': 'herald/0.1.0' }, '/v1/events'],
    [{ 'herald-delivery': 'dlv_1' }, '/v1/events'],
    [{ 'herald-delivery': 'dlv_1' }, '/v1/events/batch'],
  ])('refuses what herald itself sent: %j to %s', async (headers, path) => {
    const answer = await post({ type: 'a', data: 1 }, headers, path)
    expect([answer.status, answer.json]).toMatchObject([508, { code: 'delivery_loop' }])
    expect(api.ingest.accepted).toEqual([])
  })

  it('tells nothing of an unforeseen error', async () => {
    api.ingest.fault = new Error('secret detail')
    const answer = await post({ type: 'a', data: 1 })
    expect(answer.status).toBe(500)
    expect(answer.text).not.toContain('secret detail')
  })

  it('shows the event as accepted until it is stored', async () => {
    await post({ id: 'fresh', type: 'a', data: 1 })
    const answer = await api.call('GET', '/v1/events/fresh')
    expect(answer.json).toEqual({ id: 'fresh', status: 'accepted' })
    const unknown = await api.call('GET', '/v1/events/nobody')
    expect([unknown.status, unknown.headers.get('retry-after')]).toEqual([404, '1'])
  })
})

describe('Prefer: wait', () => {
  const stored = (id: string, webhooks: string[]) =>
    api.models.events.create({
      _id: `default/${id}`,
      tenant: 'default',
      id,
      type: 'a.b',
      receivedAt: new Date(),
      data: '1',
      hash: 'h',
      workflow: `ev-${id}`,
      webhooks,
      delivered: false,
    })

  it('holds the answer until every first attempt is in', async () => {
    const waiting = post({ id: 'w1', type: 'a.b', data: 1 }, { prefer: 'wait=10' })
    await stored('w1', ['wh-1', 'wh-2'])
    const lastAttempt = { number: 1, at: new Date(), outcome: 'failed' as const, status: 503 }
    await addDelivery(api.models, { _id: 'dlv_w1', event: 'w1', state: 'retrying', lastAttempt })
    await addDelivery(api.models, { _id: 'dlv_w2', event: 'w1', webhook: 'wh-2', state: 'skipped' })
    const answer = await waiting
    expect(answer.status).toBe(200)
    expect(answer.headers.get('preference-applied')).toBe('wait=10')
    expect(answer.json).toMatchObject({
      id: 'w1',
      deliveries: [{ state: 'retrying' }, { state: 'skipped' }],
    })
  })

  it('answers 202 when the time is over', async () => {
    const answer = await post({ id: 'w3', type: 'a.b', data: 1 }, { prefer: 'wait=1' })
    expect(answer.status).toBe(202)
    expect(answer.headers.get('preference-applied')).toBeNull()
  })

  it('waits for nothing where no webhook matched', async () => {
    await stored('w4', [])
    const answer = await post({ id: 'w4', type: 'a.b', data: 1 }, { prefer: 'wait=5' })
    expect(answer.status).toBe(200)
    expect(answer.json).toMatchObject({ deliveries: [] })
  })
})

describe('POST /v1/events/batch', () => {
  const batch = (body: unknown, headers = {}) => post(body, headers, '/v1/events/batch')
  const one = (id: string, data: unknown = 1) => ({ id, type: 'a.b', data })

  it.each([
    ['an object', (events: unknown[]) => ({ events })],
    ['a bare array', (events: unknown[]) => events],
  ])('takes %s and answers one result an event', async (_name, wrap) => {
    const answer = await batch(wrap([one('b1'), one('b2'), one('b1')]))
    expect(answer.status).toBe(202)
    expect(answer.json).toMatchObject({
      data: [
        { id: 'b1', duplicate: false },
        { id: 'b2', duplicate: false },
        { id: 'b1', duplicate: true },
      ],
    })
    expect(api.ingest.accepted.map(({ id }) => id)).toEqual(['b1', 'b2'])
  })

  it('hashes each event as it stands in the batch', async () => {
    const element = '{"id":"raw","type":"a.b","data":  {"n":1.0}}'
    await batch(`{"events":[ ${element} ,{"type":"a.b","data":[]}]}`)
    expect(api.ingest.accepted[0]).toMatchObject({ hash: sha256(element), data: '{"n":1.0}' })
  })

  it('makes no id of a single event from that of a batch, however the keys are written', async () => {
    const ids = async (path: string, key: string, body: unknown) => {
      const headers = { 'idempotency-key': key }
      const answer = await api.call('POST', path, { key: api.keys.ingest, headers, body })
      expect(answer.status, answer.text).toBe(202)
      const { id, data = [] } = answer.json as { id?: string; data?: { id: string }[] }
      return id === undefined ? data.map((event) => event.id) : [id]
    }
    const body = { type: 'a.b', data: 1 }
    const keys = ['kk', 'kk/0', 'kk/0/0', 'kk/1', 'kk/']
    const all: string[] = []
    for (const key of keys) {
      all.push(...(await ids('/v1/events', key, body)))
      all.push(...(await ids('/v1/events/batch', key, [body, body])))
    }
    expect(new Set(all).size).toBe(3 * keys.length)
    // as they were made before, so that a request which is sent again after an update is a duplicate
    expect(all.slice(0, 3)).toEqual(
      ['kk', 'kk/0', 'kk/1'].map((key) => `evt_${sha256(`default/${key}`).slice(0, 32)}`),
    )
  })

  it('makes different ids of one Idempotency-Key, the same when it is sent again', async () => {
    const events = [
      { type: 'a', data: 1 },
      { type: 'a', data: 2 },
    ]
    const key = { 'idempotency-key': 'batch-1' }
    const ids = (answer: { json: unknown }) =>
      (answer.json as { data: { id: string }[] }).data.map(({ id }) => id)
    const first = ids(await batch(events, key))
    expect(new Set(first).size).toBe(2)
    expect(ids(await batch(events, key))).toEqual(first)
  })

  it('takes none of the events if one is wrong', async () => {
    const wrong = await batch({ events: [one('ok'), { id: 'no', tpye: 'a', data: 1 }] })
    expect(wrong.status).toBe(422)
    const errors = (wrong.json as { errors: { pointer: string; detail: string }[] }).errors
    expect(errors.map(({ pointer }) => pointer)).toEqual(['/events/1/type', '/events/1/tpye'])
    expect(errors[1]?.detail).toContain('did you mean “type”?')
    const conflict = await batch([one('c', 1), one('d'), one('c', 2)])
    expect(conflict.status).toBe(409)
    expect(conflict.json).toMatchObject({ errors: [{ pointer: '/2/id' }] })
    expect(api.ingest.accepted).toEqual([])
  })

  it.each([
    ['no events', { events: [] }, 422, '/events'],
    ['501 events', Array.from({ length: 501 }, (_, i) => one(`n${i}`)), 422, ''],
    ['another member', { events: [one('a')], evnts: 1 }, 422, '/evnts'],
    ['no array', { events: {} }, 422, '/events'],
    ['a plain value', '7', 422, '/events'],
    ['null', 'null', 422, '/events'],
  ])('refuses %s', async (_name, body, status, pointer) => {
    const answer = await batch(body)
    expect(answer.status).toBe(status)
    expect(answer.json).toMatchObject({ errors: [{ pointer }] })
  })

  it('refuses an event that alone would be too large, and a body over 1 MiB', async () => {
    expect((await batch([one('big', 'x'.repeat(262_144))])).status).toBe(413)
    expect((await batch([one('big', 'x'.repeat(1_048_577))])).status).toBe(413)
  })
})
