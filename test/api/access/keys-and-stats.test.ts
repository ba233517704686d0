import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addDelivery, addKey, type Api, startApi } from '../support.ts'

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

describe('API keys', () => {
  const make = (body: object, key = api.keys.admin) =>
    api.call('POST', '/v1/api-keys', { body: { name: 'n', role: 'viewer', ...body }, key })

  it('show their value once and are kept when they are revoked', async () => {
    const made = await make({})
    const { id, value } = made.json as { id: string; value: string }
    expect(made.status).toBe(201)
    expect(value).toMatch(/^hk_[A-Za-z0-9]{12}_[A-Za-z0-9_-]{43}$/)
    await api.call('DELETE', `/v1/api-keys/${id}`)
    expect((await api.call('DELETE', `/v1/api-keys/${id}`)).status).toBe(204)
    const list = await api.call('GET', '/v1/api-keys?limit=100')
    expect(list.text).not.toContain(value)
    expect((list.json as { data: unknown[] }).data).toContainEqual(
      expect.objectContaining({
        id,
        last4: value.slice(-4),
        revokedAt: expect.any(String) as string,
      }),
    )
    const audit = await api.call('GET', `/v1/audit?resource=${id}`)
    expect((audit.json as { data: unknown[] }).data).toHaveLength(2)
    expect(audit.text).not.toContain(value)
  })

  it('of a tenant make and see keys of that tenant only', async () => {
    const admin = await addKey(api.models, 'admin', { tenant: 'acme' })
    expect((await make({}, admin)).json).toMatchObject({ tenant: 'acme' })
    expect(await make({ tenant: 'other' }, admin)).toMatchObject({ status: 403 })
    const { json } = await api.call('GET', '/v1/api-keys', { key: admin })
    const tenants = (json as { data: { tenant: string }[] }).data.map(({ tenant }) => tenant)
    expect(tenants).toEqual(['acme', 'acme'])
    const other = `hk_${api.keys.viewer.split('_')[1]}`
    expect(await api.call('DELETE', `/v1/api-keys/${other}`, { key: admin })).toMatchObject({
      status: 404,
    })
  })
})

describe('the statistics', () => {
  it('count the deliveries of the window and rank the attempts', async () => {
    const now = Date.now()
    for (const [id, state, webhook, ageHours] of [
      ['d1', 'delivered', 'wh-1', 0],
      ['d2', 'delivered', 'wh-2', 0],
      ['d3', 'failed', 'wh-2', 3],
      ['d4', 'failed', 'wh-2', 30],
    ] as const)
      await addDelivery(api.models, {
        _id: id,
        state,
        webhook,
        createdAt: new Date(now - ageHours * 3_600_000),
      })
    const log = Array.from({ length: 100 }, (_, i) => ({
      number: i + 1,
      startedAt: new Date(now - i),
      outcome: 'delivered' as const,
      timings: { dnsMs: null, connectMs: null, tlsMs: null, ttfbMs: null, totalMs: 100 - i },
    }))
    await api.models.deliveries.updateOne({ _id: 'd1' }, { $set: { log } })
    const { json } = await api.call('GET', '/v1/stats')
    expect(json).toMatchObject({
      deliveries: { delivered: 2, failed: 1 },
      latency: { attempts: 100, p50Ms: 50, p95Ms: 95, p99Ms: 99 },
    })
    const { webhooks, hours } = json as { webhooks: unknown[]; hours: unknown[] }
    expect(webhooks).toContainEqual({ webhook: 'wh-2', deliveries: { delivered: 1, failed: 1 } })
    expect(hours.length).toBeGreaterThanOrEqual(2)
    const wide = await api.call('GET', '/v1/stats?since=2d')
    expect(wide.json).toMatchObject({ deliveries: { delivered: 2, failed: 2 } })
  })

  it('are nothing where nothing was sent', async () => {
    const { json } = await api.call('GET', '/v1/stats', { headers: { 'herald-tenant': 'empty' } })
    expect(json).toMatchObject({ deliveries: {}, latency: { attempts: 0, p50Ms: null } })
  })
})

describe('health', () => {
  const get = (path: string) => api.call('GET', path, { key: null })

  it('is told without a key', async () => {
    expect((await get('/livez')).json).toEqual({ status: 'ok' })
    const ready = await get('/readyz')
    expect([ready.status, ready.json]).toMatchObject([200, { checks: { mongo: { ok: true } } }])
    expect((await get('/')).json).toMatchObject({ links: { 'openapi.json': '/v1/openapi.json' } })
    expect((await get('/v1/openapi.json')).json).toMatchObject({ openapi: '3.1.0' })
  })

  it('names what is away', async () => {
    api.deps.workerReady = () => false
    api.deps.temporal.healthy = () => Promise.reject(new Error('away'))
    const ready = await get('/readyz')
    expect(ready.status).toBe(503)
    expect(ready.json).toEqual({
      status: 'unavailable',
      checks: { mongo: { ok: true }, temporal: { ok: false }, worker: { ok: false } },
    })
  })
})
