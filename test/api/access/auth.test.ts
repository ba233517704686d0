import { afterEach, describe, expect, it } from 'vitest'
import { ownMongoServer } from '../mongo-server.ts'
import { addKey, type Api, startApi } from '../support.ts'

let api: Api | undefined
let stopServer: (() => Promise<void>) | undefined
afterEach(async () => {
  await api?.stop()
  await stopServer?.()
  api = undefined
  stopServer = undefined
})

const event = { type: 'a.b', data: 1 }

describe('an API key', () => {
  it('is refused when it has expired, and within 5 s of being revoked', async () => {
    api = await startApi()
    const { models, call, clock } = api
    const expired = await addKey(models, 'admin', { expiresAt: new Date(Date.now() - 1_000) })
    expect((await call('GET', '/v1/webhooks', { key: expired })).status).toBe(401)
    const made = await call('POST', '/v1/api-keys', { body: { name: 'n', role: 'viewer' } })
    const { id, value: key } = made.json as { id: string; value: string }
    expect((await call('GET', '/v1/webhooks', { key })).status).toBe(200)
    expect((await call('DELETE', `/v1/api-keys/${id}`)).status).toBe(204)
    clock.offsetMs += 3_001
    expect((await call('GET', '/v1/webhooks', { key })).status).toBe(401)
  })

  it('notes its use at most once a minute', async () => {
    api = await startApi()
    const { models, call, keys, clock } = api
    const id = keys.viewer.split('_')[1]
    const lastUsed = async () => (await models.apiKeys.findById(id).lean().exec())?.lastUsedAt
    await call('GET', '/v1/webhooks', { key: keys.viewer })
    await expect.poll(lastUsed).toBeInstanceOf(Date)
    const first = await lastUsed()
    await call('GET', '/v1/webhooks', { key: keys.viewer })
    expect(await lastUsed()).toEqual(first)
    clock.offsetMs += 60_001
    await call('GET', '/v1/webhooks', { key: keys.viewer })
    await expect.poll(lastUsed).not.toEqual(first)
  })

  it('goes on working for ingest while MongoDB is away; one that was never seen is 503, not 401', async () => {
    const server = await ownMongoServer()
    stopServer = server.stop
    api = await startApi({ server })
    const { call, keys, clock } = api
    const post = (key: string) => call('POST', '/v1/events', { key, body: event })
    expect((await post(keys.ingest)).status).toBe(202)
    await server.stop()
    clock.offsetMs += 10_000
    const began = performance.now()
    expect((await post(keys.ingest)).status).toBe(202)
    expect(performance.now() - began).toBeLessThan(1_000)
    const cold = await call('GET', '/v1/webhooks', { key: keys.viewer })
    expect([cold.status, cold.json]).toMatchObject([503, { code: 'database_unavailable' }])
    expect(cold.headers.get('retry-after')).toBe('2')
    const ready = await call('GET', '/readyz', { key: null })
    expect([ready.status, ready.json]).toMatchObject([503, { checks: { mongo: { ok: false } } }])
    clock.offsetMs += 3_600_000
    expect((await post(keys.ingest)).status).toBe(503)
  })
})
