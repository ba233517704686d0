import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROUTES } from '../../../src/api/routes.ts'
import { HERALD_KEY } from '../../../src/models/access/audit-entry.ts'
import { addDelivery, type Api, startApi } from '../support.ts'

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

type Request = { path: string; body?: unknown; headers?: Record<string, string> }
const input = { name: 'x', events: ['a'], target: { type: 'http', url: 'https://a.example.com/' } }
const event = { type: 'a', data: 1 }

async function webhook(): Promise<string> {
  const made = await api.call('POST', '/v1/webhooks', { body: input })
  return (made.json as { id: string }).id
}
async function delivery(fields: object): Promise<string> {
  const _id = `dlv_${Math.random().toString(16).slice(2)}`
  await addDelivery(api.models, { _id, webhook: await webhook(), ...fields })
  return _id
}
async function eventType(): Promise<string> {
  const name = `t.${Math.random().toString(16).slice(2)}`
  await api.call('PUT', `/v1/event-types/${name}`, { body: {} })
  return name
}
async function failedEvent(): Promise<string> {
  const id = `evt_${Math.random().toString(16).slice(2)}`
  const hook = await webhook()
  await api.models.events.create({
    _id: `default/${id}`,
    tenant: 'default',
    id,
    type: 'a',
    receivedAt: new Date(),
    data: '1',
    hash: id,
    workflow: `event/default/${id}`,
    webhooks: [hook],
    delivered: false,
  })
  await addDelivery(api.models, { _id: `dlv_${id}`, event: id, webhook: hook, state: 'failed' })
  return id
}
const replayAll = { filter: { to: '2020-01-01T00:00:00Z' } }
/** A replay on which these verbs were called already. */
async function replay(...verbs: string[]): Promise<string> {
  const made = await api.call('POST', '/v1/replays', { body: replayAll })
  const path = `/v1/replays/${(made.json as { id: string }).id}`
  for (const verb of verbs) await api.call('POST', `${path}/${verb}`)
  return path
}
const on = async (verb: string, body?: unknown): Promise<Request> => ({
  path: `/v1/webhooks/${await webhook()}/${verb}`,
  body,
})
const seen = { 'if-match': '"1"' }

async function problem(): Promise<string> {
  const webhookId = await webhook()
  const at = new Date()
  const lastAttempt = { number: 1, at, outcome: 'failed' as const, code: 'timeout' }
  await addDelivery(api.models, {
    _id: `dlv_${Math.random().toString(16).slice(2)}`,
    webhook: webhookId,
    state: 'failed',
    createdAt: at,
    lastAttempt,
  })
  const { json } = await api.call('GET', `/v1/problems?webhook=${webhookId}`)
  return `/v1/problems/${(json as { data: { id: string }[] }).data[0]?.id ?? 'none'}`
}

/** A request for each route that is not a GET, and what it leaves in the audit; null: it changes nothing. */
const walked: Record<string, [action: string | null, request: () => Promise<Request>]> = {
  'post /v1/webhooks/check-url': [
    null,
    async () => ({ path: '/v1/webhooks/check-url', body: { url: 'https://a.test/' } }),
  ],
  'post /v1/webhooks/reach': [
    null,
    async () => ({ path: '/v1/webhooks/reach', body: { events: ['*'] } }),
  ],
  'post /v1/webhooks/plan-retries': [
    null,
    async () => ({
      path: '/v1/webhooks/plan-retries',
      body: { retry: { type: 'fixed', interval: '1s', retries: 1 } },
    }),
  ],
  'post /v1/deliveries/cancel': [
    'deliveries.cancelled',
    async () => ({ path: '/v1/deliveries/cancel', body: { filter: { type: 'none' } } }),
  ],
  'post /v1/problems/{id}/acknowledge': [
    'problem.acknowledged',
    async () => ({ path: `${await problem()}/acknowledge` }),
  ],
  'post /v1/problems/{id}/resolve': [
    'problem.resolved',
    async () => ({ path: `${await problem()}/resolve` }),
  ],
  'post /v1/problems/{id}/reopen': [
    'problem.reopened',
    async () => ({ path: `${await problem()}/reopen` }),
  ],
  'post /v1/webhooks': ['webhook.created', async () => ({ path: '/v1/webhooks', body: input })],
  'patch /v1/webhooks/{id}': [
    'webhook.changed',
    async () => ({ path: `/v1/webhooks/${await webhook()}`, body: { name: 'y' }, headers: seen }),
  ],
  'delete /v1/webhooks/{id}': [
    'webhook.deleted',
    async () => ({ path: `/v1/webhooks/${await webhook()}`, headers: seen }),
  ],
  'post /v1/webhooks/{id}/pause': ['webhook.paused', () => on('pause')],
  'post /v1/webhooks/{id}/resume': [
    'webhook.resumed',
    async () => {
      const request = await on('pause')
      await api.call('POST', request.path)
      return { path: request.path.replace('pause', 'resume') }
    },
  ],
  'post /v1/webhooks/{id}/test': ['webhook.tested', () => on('test', event)],
  'post /v1/webhooks/{id}/secret/rotate': ['webhook.secret_rotated', () => on('secret/rotate')],
  'post /v1/webhooks/preview': [
    null,
    async () => ({ path: '/v1/webhooks/preview', body: { target: input.target, event } }),
  ],
  'post /v1/webhooks/match': [null, async () => ({ path: '/v1/webhooks/match', body: { event } })],
  'post /v1/deliveries/{id}/redeliver': [
    'delivery.redelivered',
    async () => ({ path: `/v1/deliveries/${await delivery({ state: 'failed' })}/redeliver` }),
  ],
  'post /v1/events/{id}/rerun': [
    'event.rerun',
    async () => ({ path: `/v1/events/${await failedEvent()}/rerun` }),
  ],
  'post /v1/replays': ['replay.started', async () => ({ path: '/v1/replays', body: replayAll })],
  'post /v1/replays/{id}/pause': [
    'replay.paused',
    async () => ({ path: `${await replay()}/pause` }),
  ],
  'post /v1/replays/{id}/resume': [
    'replay.resumed',
    async () => ({ path: `${await replay('pause')}/resume` }),
  ],
  'post /v1/replays/{id}/cancel': [
    'replay.cancelled',
    async () => ({ path: `${await replay()}/cancel` }),
  ],
  'post /v1/deliveries/{id}/cancel': [
    'delivery.cancelled',
    async () => ({ path: `/v1/deliveries/${await delivery({ state: 'retrying' })}/cancel` }),
  ],
  'put /v1/event-types/{name}': [
    'event_type.created',
    async () => ({ path: '/v1/event-types/made.here', body: {} }),
  ],
  'delete /v1/event-types/{name}': [
    'event_type.deleted',
    async () => ({ path: `/v1/event-types/${await eventType()}`, headers: seen }),
  ],
  'post /v1/event-types/import': [
    'event_type.imported',
    async () => {
      const exported = await api.call('GET', '/v1/event-types/export')
      const { webhooks, ...rest } = exported.json as { webhooks: Record<string, unknown> }
      const body = { ...rest, webhooks: { 'brought.here': webhooks['alert_created'] } }
      return { path: '/v1/event-types/import', body }
    },
  ],
  'put /v1/settings': [
    'settings.changed',
    async () => ({ path: '/v1/settings', body: { validation: 'off' } }),
  ],
  'post /v1/api-keys': [
    'api_key.created',
    async () => ({ path: '/v1/api-keys', body: { name: 'x', role: 'viewer' } }),
  ],
  'delete /v1/api-keys/{id}': [
    'api_key.revoked',
    async () => {
      const made = await api.call('POST', '/v1/api-keys', { body: { name: 'x', role: 'viewer' } })
      return { path: `/v1/api-keys/${(made.json as { id: string }).id}` }
    },
  ],
}

/** The codec server is off unless it is asked for, and changes nothing; sessions have tests of their own. */
const routes = ROUTES.filter(
  ({ method, role, path }) =>
    method !== 'get' && role !== 'ingest' && !/^\/(codec|session)/.test(path),
).map(({ method, path }) => ({ method, name: `${method} ${path}` }))
const allEntries = () => api.models.audit.find().lean().exec()

describe('the audit', () => {
  it('is told of every route that is no GET and no ingest', () => {
    expect(Object.keys(walked).toSorted()).toEqual(routes.map(({ name }) => name).toSorted())
  })

  it.each(routes)('has one entry for $name, or none if it changes nothing', async (one) => {
    const [action, request] = walked[one.name] ?? [null, async () => ({ path: '/none' })]
    const { path, ...options } = await request()
    const before = new Set((await allEntries()).map(({ _id }) => _id))
    const answer = await api.call(one.method.toUpperCase(), path, options)
    expect([200, 201, 202, 204], answer.text).toContain(answer.status)
    const entries = (await allEntries()).filter(({ _id }) => !before.has(_id))
    expect(entries.map((entry) => entry.action)).toEqual(action === null ? [] : [action])
    const key = api.keys.admin.split('_')[1]
    for (const entry of entries)
      expect(entry).toMatchObject({
        key,
        resource: expect.stringMatching(/./),
        requestId: expect.stringMatching(/./),
      })
  })

  it('is listed by action, resource, key and time; what herald did by itself has its key', async () => {
    const at = new Date(Date.UTC(2026, 0, 2))
    const change = { action: 'webhook.disabled', resource: 'wh_x', after: { state: 'disabled' } }
    const own = { _id: 'aud_own', tenant: 'default', at, key: HERALD_KEY, ...change }
    await api.models.audit.create(own)
    const list = async (query: string) => {
      const { json } = await api.call('GET', `/v1/audit?${query}`)
      return (json as { data: { id: string; key: string }[] }).data
    }
    const entry = { id: 'aud_own', key: 'herald', ...change, tenant: 'default' }
    for (const query of [
      'key=herald',
      'resource=wh_x',
      'action=webhook.disabled',
      'from=2026-01-01T00:00:00Z&to=2026-01-03T00:00:00Z',
    ])
      expect(await list(query), query).toEqual([{ ...entry, at: at.toISOString() }])
    expect(await list('key=herald&from=2026-01-03T00:00:00Z')).toEqual([])
    const [, key] = api.keys.admin.split('_')
    for (const one of await list(`key=hk_${key}&limit=100`)) expect(one.key).toBe(`hk_${key}`)
  })
})
