import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addDelivery, addKey, addWebhook, type Api, startApi } from '../support.ts'

const url = 'https://example.com/hook'
const hook = { name: 'once', events: ['*'], target: { type: 'http', url } }

let api: Api
beforeAll(async () => {
  api = await startApi()
  await addWebhook(api.models, { _id: 'wh_once' })
  await addDelivery(api.models, { _id: 'dlv_once', webhook: 'wh_once', state: 'failed' })
})
afterAll(() => api.stop())

let count = 0
const newKey = () => `key-${(count += 1)}`
const post = (key: string, path: string, body?: unknown, more: { key?: string } = {}) =>
  api.call('POST', path, { ...more, headers: { 'idempotency-key': key }, body })
const codeOf = (answer: { json: unknown }) => (answer.json as { code: string }).code

describe('a POST with an Idempotency-Key', () => {
  it('makes one webhook however often it is sent, and shows the same secret each time', async () => {
    const key = newKey()
    const first = await post(key, '/v1/webhooks', hook)
    const second = await post(key, '/v1/webhooks', hook)
    expect([first.status, second.status]).toEqual([201, 201])
    expect(second.json).toEqual(first.json)
    expect(second.json).toHaveProperty('secret')
    for (const name of ['etag', 'location'])
      expect(second.headers.get(name)).toBe(first.headers.get(name))
    expect(first.headers.get('idempotency-replayed')).toBeNull()
    expect(second.headers.get('idempotency-replayed')).toBe('true')
    expect(await api.models.webhooks.countDocuments({ name: 'once' })).toBe(1)
  })

  it.each([
    ['/v1/api-keys', { name: 'n', role: 'viewer' }, 201],
    ['/v1/webhooks/wh_once/test', { type: 'a', data: 1 }, 202],
    ['/v1/webhooks/wh_once/secret/rotate', undefined, 409],
    ['/v1/deliveries/dlv_once/redeliver', undefined, 202],
    ['/v1/replays', { filter: { state: 'failed', webhook: 'wh_once' } }, 202],
  ])('is answered the same again: %s', async (path, body, status) => {
    const key = newKey()
    const first = await post(key, path, body)
    const second = await post(key, path, body)
    expect([first.status, second.status], first.text).toEqual([status, status])
    // a refusal is no answer to keep: it changed nothing
    const isKept = status < 300
    expect(second.headers.get('idempotency-replayed')).toBe(isKept ? 'true' : null)
    if (isKept) expect(second.json).toEqual(first.json)
  })

  it('is refused where the key belongs to another body, or another path', async () => {
    const key = newKey()
    expect((await post(key, '/v1/webhooks', hook)).status).toBe(201)
    const other = await post(key, '/v1/webhooks', { ...hook, name: 'other' })
    expect([other.status, codeOf(other)]).toEqual([409, 'idempotency_key_reused'])
    expect(codeOf(await post(key, '/v1/replays', { filter: { state: 'failed' } }))).toBe(
      'idempotency_key_reused',
    )
  })

  it('is refused while the first one is under way, and answered when that is done', async () => {
    const key = newKey()
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => post(key, '/v1/webhooks', { ...hook, name: 'at once' })),
    )
    expect(await api.models.webhooks.countDocuments({ name: 'at once' })).toBe(1)
    const refused = answers.filter(({ status }) => status === 409)
    for (const answer of refused) {
      expect(codeOf(answer)).toBe('idempotency_key_busy')
      expect(answer.headers.get('retry-after')).toBe('1')
    }
    const again = await post(key, '/v1/webhooks', { ...hook, name: 'at once' })
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true'])
  })

  it('whose process died is begun anew after a minute, by one alone', async () => {
    const key = newKey()
    await post(key, '/v1/webhooks', { ...hook, name: 'died' })
    const [last] = await api.models.idempotentRequests.find().sort({ begunAt: -1 }).limit(1)
    await api.models.idempotentRequests.updateOne(
      { _id: last?._id ?? '' },
      { $unset: { answer: 1 } },
    )
    const again = () => post(key, '/v1/webhooks', { ...hook, name: 'died' })
    expect(codeOf(await again())).toBe('idempotency_key_busy')
    api.clock.offsetMs += 60_001
    const answers = await Promise.all([again(), again(), again()])
    api.clock.offsetMs = 0
    expect(await api.models.webhooks.countDocuments({ name: 'died' })).toBe(2)
    expect(answers.filter(({ status }) => status === 201).length).toBeGreaterThan(0)
  })

  it('that failed may be sent again with the same key', async () => {
    const key = newKey()
    const body = { ...hook, target: { type: 'http', url: 'https://127.0.0.1/' } }
    expect((await post(key, '/v1/webhooks', body)).status).toBe(422)
    expect((await post(key, '/v1/webhooks', { ...hook, name: 'mended' })).status).toBe(201)
  })

  it('is another request after 24 h, of another API key, and of another tenant', async () => {
    const key = newKey()
    const other = await addKey(api.models, 'admin')
    const made = { ...hook, name: 'scoped' }
    await post(key, '/v1/webhooks', made)
    await post(key, '/v1/webhooks', made, { key: other })
    const headers = { 'idempotency-key': key, 'herald-tenant': 'acme' }
    await api.call('POST', '/v1/webhooks', { body: made, headers })
    expect(await api.models.webhooks.countDocuments({ name: 'scoped' })).toBe(3)
    api.clock.offsetMs = 24 * 3_600_000 + 1
    const late = await post(key, '/v1/webhooks', made)
    api.clock.offsetMs = 0
    expect([late.status, late.headers.get('idempotency-replayed')]).toEqual([201, null])
  })

  it('leaves nothing in MongoDB that tells its key, its body or its answer', async () => {
    const key = 'an-idempotency-key-in-clear'
    const secret = `whsec_${Buffer.alloc(32, 'canary').toString('base64')}`
    const answer = await post(key, '/v1/webhooks', { ...hook, name: 'canary-name', secret })
    const made = await post(newKey(), '/v1/api-keys', { name: 'n', role: 'viewer' })
    const { value } = made.json as { value: string }
    expect(answer.text).toContain(secret)
    const stored = JSON.stringify(await api.models.idempotentRequests.find().lean().exec())
    for (const text of [key, secret, 'canary-name', value]) expect(stored).not.toContain(text)
    expect(stored).toContain('sealed')
  })

  it('must be a printable key', async () => {
    const answer = await post('x'.repeat(256), '/v1/webhooks', hook)
    expect([answer.status, codeOf(answer)]).toEqual([400, 'header_invalid'])
  })

  it('that only asks keeps no answer', async () => {
    const key = newKey()
    const before = await api.models.idempotentRequests.countDocuments()
    await post(key, '/v1/webhooks/check-url', { url })
    expect(await api.models.idempotentRequests.countDocuments()).toBe(before)
  })
})
