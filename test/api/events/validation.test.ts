import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { SEED_TYPES } from '../../../src/catalogue/seed-types.ts'
import { isOperatorEvent } from '../../../src/delivery/operator-events.ts'
import { DEFAULT_SETTINGS } from '../../../src/models/settings.ts'
import { DeliveryChanges } from '../../../src/models/deliveries/changes.ts'
import { Outbox } from '../../../src/models/deliveries/outbox.ts'
import { ownMongoServer } from '../mongo-server.ts'
import { type Api, startApi } from '../support.ts'

const good = { tagId: 'vip', action: 'add', userId: null, processId: null }
const bad = { ...good, tagId: 7, action: 'keep' }
const BAD = [
  { pointer: '/data/tagId', detail: 'must be string' },
  { pointer: '/data/action', detail: 'must be one of "add", "remove"' },
]

const caller = (api: () => Api) => ({
  post: (body: unknown, headers = {}, path = '/v1/events') =>
    api().call('POST', path, { key: api().keys.ingest, body, headers }),
  setMode: async (validation: string, headers = {}) => {
    const answer = await api().call('PUT', '/v1/settings', { body: { validation }, headers })
    expect(answer.status, answer.text).toBe(200)
  },
})

describe('the validation of events', () => {
  let api: Api
  const { post, setMode } = caller(() => api)
  beforeAll(async () => {
    api = await startApi()
  })
  afterAll(() => api.stop())
  beforeEach(async () => {
    api.ingest.accepted.length = 0
    await setMode('warn')
  })
  const event = (data: unknown, type = 'customer_tag_add') => ({ type, data })

  it('warns unless told otherwise, and accepts the event with what is wrong about it', async () => {
    expect(DEFAULT_SETTINGS.validation).toBe('warn')
    const answer = await post({ id: 'warned', ...event(bad) })
    expect([answer.status, answer.json]).toMatchObject([202, { warnings: BAD }])
    expect(api.ingest.accepted).toMatchObject([{ validation: { ok: false, errors: BAD } }])
    const [accepted] = api.ingest.accepted
    await new Outbox(api.models, new DeliveryChanges(api.models)).storeEvents(
      'event/default/warned',
      [
        {
          event: accepted as NonNullable<typeof accepted>,
          webhooks: [],
          filterErrors: [],
          later: [],
        },
      ],
      Date.now(),
    )
    const shown = await api.call('GET', '/v1/events/warned')
    expect(shown.json).toMatchObject({ validation: { ok: false, errors: BAD } })
  })

  it.each([...SEED_TYPES.values()].filter((type) => !isOperatorEvent(type.name)))(
    'has nothing to say about the example of $name',
    async (type) => {
      await setMode('reject')
      const answer = await post(event(type.example, type.name))
      expect([answer.status, answer.json]).toEqual([
        202,
        expect.not.objectContaining({ warnings: expect.anything() }),
      ])
      expect(api.ingest.accepted[0]).not.toHaveProperty('validation')
    },
  )

  it('rejects with a pointer for each place, and starts nothing', async () => {
    await setMode('reject')
    const answer = await post(event(bad))
    expect([answer.status, answer.json]).toMatchObject([
      422,
      { code: 'schema_mismatch', errors: BAD },
    ])
    const batch = [event(good), event(bad), { type: 'customer_tag_ad', data: 1 }]
    const refused = await post({ events: batch }, {}, '/v1/events/batch')
    expect(refused.json).toMatchObject({
      errors: [
        { pointer: '/events/1/data/tagId', code: 'type' },
        { pointer: '/events/1/data/action', code: 'enum' },
        { pointer: '/events/2/type', code: 'unknown_event_type' },
      ],
    })
    expect(api.ingest.accepted).toEqual([])
  })

  it('takes unknown types unless it rejects; then it says which one was meant', async () => {
    expect((await post(event(1, 'quite.another'))).json).not.toHaveProperty('warnings')
    await setMode('reject')
    const answer = await post(event(1, 'customer_tag_ad'))
    expect([answer.status, answer.json]).toMatchObject([
      422,
      { code: 'unknown_event_type', errors: [{ pointer: '/type' }] },
    ])
    expect(answer.text).toContain('did you mean “customer_tag_add”?')
  })

  it('checks nothing when it is off, nor for a type without a schema', async () => {
    await setMode('off')
    expect((await post(event(bad))).json).not.toHaveProperty('warnings')
    await setMode('reject')
    await api.call('PUT', '/v1/event-types/free', { body: {} })
    expect((await post(event('anything', 'free'))).status).toBe(202)
  })

  it('uses a changed schema at once, of this tenant only', async () => {
    const schema = { type: 'object', required: ['a'] }
    await api.call('PUT', '/v1/event-types/own', { body: { schema } })
    expect((await post(event({}, 'own'))).json).toMatchObject({
      warnings: [{ pointer: '/data/a' }],
    })
    const other = await post(event({}, 'own'), { 'herald-tenant': 'other' })
    expect(other.json).not.toHaveProperty('warnings')
    await api.call('PUT', '/v1/event-types/own', {
      body: { schema: { required: ['b'] } },
      headers: { 'if-match': '"1"' },
    })
    expect((await post(event({}, 'own'))).json).toMatchObject({
      warnings: [{ pointer: '/data/b' }],
    })
    await api.call('DELETE', '/v1/event-types/own', { headers: { 'if-match': '*' } })
    expect((await post(event({}, 'own'))).json).not.toHaveProperty('warnings')
  })

  it('keeps what it adds to an event small', async () => {
    const properties = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [`${i}${'k'.repeat(500)}`, { enum: ['x'.repeat(500)] }]),
    )
    await api.call('PUT', '/v1/event-types/large', { body: { schema: { properties } } })
    const data = Object.fromEntries(Object.keys(properties).map((key) => [key, 1]))
    await post(event(data, 'large'))
    const { validation } = api.ingest.accepted[0] as { validation: { errors: object[] } }
    expect(validation.errors).toHaveLength(10)
    expect(JSON.stringify(validation).length).toBeLessThan(4_096)
  })
})

describe('the settings', () => {
  let api: Api
  beforeAll(async () => {
    api = await startApi()
  })
  afterAll(() => api.stop())

  it('are set by admins, per tenant, with ETags and an audit entry', async () => {
    const get = (headers = {}) => api.call('GET', '/v1/settings', { headers })
    const put = (validation: string, headers = {}) =>
      api.call('PUT', '/v1/settings', { body: { validation }, headers })
    expect((await get()).json).toEqual({ validation: 'warn', version: 0, updatedAt: null })
    expect((await put('reject', { 'if-match': '"3"' })).status).toBe(412)
    const set = await put('reject', { 'if-match': '"0"' })
    expect([set.status, set.headers.get('etag')]).toEqual([200, '"1"'])
    expect((await get()).json).toMatchObject({ validation: 'reject', version: 1 })
    expect((await get({ 'herald-tenant': 'other' })).json).toMatchObject({ validation: 'warn' })
    expect((await put('strict')).status).toBe(422)
    const key = api.keys.operator
    expect((await api.call('GET', '/v1/settings', { key })).status).toBe(403)
    const audit = await api.call('GET', '/v1/audit?resource=settings')
    expect(audit.json).toMatchObject({
      data: [
        {
          action: 'settings.changed',
          before: { validation: 'warn' },
          after: { validation: 'reject' },
        },
      ],
    })
  })

  it('are in force within 5 s when another process set them', async () => {
    const { post } = caller(() => api)
    const headers = { 'herald-tenant': 'elsewhere' }
    const send = () => post({ type: 'customer_tag_add', data: bad }, headers)
    expect((await send()).status).toBe(202)
    const now = new Date()
    await api.models.settings.create({
      _id: 'elsewhere',
      validation: 'reject',
      version: 1,
      updatedAt: now,
    })
    api.clock.offsetMs += 4_600
    expect((await send()).status).toBe(422)
  })
})

describe('while MongoDB is away', () => {
  let api: Api | undefined
  let stopServer: (() => Promise<void>) | undefined
  afterEach(async () => {
    await api?.stop()
    await stopServer?.()
  })

  it('ingest goes on with what is remembered, and without a check where nothing is', async () => {
    const server = await ownMongoServer()
    stopServer = server.stop
    const running = await startApi({ server })
    api = running
    const { post, setMode } = caller(() => running)
    const tagged = (data: unknown, headers = {}) =>
      post({ type: 'customer_tag_add', data }, headers)
    await setMode('reject')
    expect((await tagged(bad)).status).toBe(422)
    await server.stop()
    running.clock.offsetMs += 20_000
    const began = performance.now()
    expect((await tagged(good)).status).toBe(202)
    expect((await tagged(bad)).status).toBe(422)
    const other = await tagged(bad, { 'herald-tenant': 'never-seen' })
    expect([other.status, other.json]).toEqual([
      202,
      expect.not.objectContaining({ warnings: expect.anything() }),
    ])
    expect(performance.now() - began).toBeLessThan(2_000)
  })
})
