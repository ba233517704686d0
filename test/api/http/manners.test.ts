import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addKey, addWebhook, type Api, startApi } from '../support.ts'

const url = 'https://example.com/hook'
const hook = { name: 'x', events: ['*'], target: { type: 'http', url } }
const health = { since: new Date(), attempts: 7 }

let api: Api
beforeAll(async () => {
  api = await startApi({ env: { SLACK_ALLOW_HOSTS: 'chat.example.com' } })
})
afterAll(() => api.stop())

async function create(fields: object = {}) {
  const answer = await api.call('POST', '/v1/webhooks', { body: { ...hook, ...fields } })
  expect(answer.status, answer.text).toBe(201)
  return answer.json as Record<string, unknown> & { id: string }
}
const patch = (id: string, body: unknown, headers = {}) =>
  api.call('PATCH', `/v1/webhooks/${id}`, { body, headers: { 'if-match': '*', ...headers } })
const stored = (id: string) => api.models.webhooks.findById(id).lean().exec()

describe('PATCH of a webhook', () => {
  it.each([
    ['nothing', {}],
    ['what it has', { name: 'x', events: ['*'], target: { url }, retry: undefined }],
    ['the default of what it has not', { description: null, rateLimit: null, filter: null }],
  ])('with %s changes nothing: no version, no ETag, no streak', async (_what, body) => {
    const { id } = await create()
    await api.models.webhooks.updateOne({ _id: id }, { $set: { health } })
    const audited = await api.models.audit.countDocuments({ resource: id })
    const answer = await patch(id, body)
    expect([answer.status, answer.headers.get('etag')]).toEqual([200, '"1"'])
    expect(answer.json).toMatchObject({ version: 1, failing: { attempts: 7 } })
    expect(await stored(id)).toMatchObject({ version: 1, health })
    expect(await api.models.audit.countDocuments({ resource: id })).toBe(audited)
  })

  it('with the secret that it has makes no other one of it', async () => {
    const { id, secret } = await create()
    expect((await patch(id, { secret })).headers.get('etag')).toBe('"1"')
    expect((await stored(id))?.secrets).toHaveLength(1)
  })

  it('with a change makes a version and begins the streak anew', async () => {
    const { id } = await create()
    await api.models.webhooks.updateOne({ _id: id }, { $set: { health } })
    expect((await patch(id, { name: 'y' })).headers.get('etag')).toBe('"2"')
    expect((await stored(id))?.health ?? {}).not.toHaveProperty('since')
  })

  it('takes application/merge-patch+json; nothing else does', async () => {
    const type = { 'content-type': 'application/merge-patch+json' }
    const { id } = await create()
    const answer = await patch(id, { name: 'merged' }, type)
    expect([answer.status, answer.json]).toMatchObject([200, { name: 'merged' }])
    const made = await api.call('POST', '/v1/webhooks', { body: hook, headers: type })
    expect(made.status).toBe(415)
  })
})

describe('the ETag of a webhook', () => {
  it('stays while failures are counted and lanes work, so that If-Match holds', async () => {
    const { id } = await create()
    const filterError = { detail: 'x', at: new Date(), event: 'e' }
    await api.models.webhooks.updateOne({ _id: id }, { $set: { health, filterError } })
    const read = await api.call('GET', `/v1/webhooks/${id}`)
    expect(read.headers.get('etag')).toBe('"1"')
    expect((await patch(id, { name: 'z' }, { 'if-match': '"1"' })).status).toBe(200)
  })
})

describe('null', () => {
  it('means the same in a POST as in a PATCH: absent, or the default', async () => {
    const nulls = { description: null, filter: null, retry: null, secret: null, format: null }
    const made = await create(nulls)
    const plain = await create()
    for (const name of ['retry', 'format', 'signature']) expect(made[name]).toEqual(plain[name])
    expect(made).not.toHaveProperty('description')
    const { json } = await patch(made.id, { ...nulls, secret: undefined })
    expect(json).toMatchObject({ retry: plain['retry'], format: plain['format'], version: 1 })
  })

  it('is “none” for a rate limit and auto-disable, of Slack too', async () => {
    const target = { type: 'slack', url: 'https://chat.example.com/services/T/B/secret' }
    const none = { rateLimit: null, autoDisable: null }
    const made = await create({ target, ...none })
    expect(made).toMatchObject(none)
    const limited = await create({ target })
    expect(limited['rateLimit']).toEqual({ limit: 1, per: '1s' })
    expect((await patch(limited.id, none)).json).toMatchObject(none)
  })

  it('is missing where something is needed, and stays wrong in the filter of a replay', async () => {
    const answer = await api.call('POST', '/v1/webhooks', { body: { ...hook, name: null } })
    expect(answer.json).toMatchObject({
      errors: [{ pointer: '/name', detail: 'is required', code: 'required' }],
    })
    const replay = await api.call('POST', '/v1/replays', { body: { filter: { webhook: null } } })
    expect(replay.status).toBe(422)
  })

  it('is nothing in an event too, but for its data', async () => {
    const body = { type: 'a.b', subject: null, id: null, data: null }
    const { status } = await api.call('POST', '/v1/events', { key: api.keys.ingest, body })
    expect(status).toBe(202)
    const event = api.ingest.accepted.at(-1)
    expect(event).toMatchObject({ type: 'a.b', data: 'null' })
    expect(event).not.toHaveProperty('subject')
  })
})

describe('POST /v1/webhooks/{id}/test without a body', () => {
  const test = (id: string, body?: unknown) => api.call('POST', `/v1/webhooks/${id}/test`, { body })

  it.each([
    [['order.paid', 'customer_tag_remove'], 422],
    [['customer_tag_remove', 'customer_tag_add'], 202],
    [['customer_tag_*'], 202],
    [['nothing_like_it_*'], 422],
  ])('of %j is answered %i', async (events, status) => {
    const { id } = await create({ events })
    const answer = await test(id)
    expect(answer.status, answer.text).toBe(status)
    if (status === 422) return
    const type = events[0]?.includes('*') ? 'customer_tag_add' : 'customer_tag_remove'
    expect(api.ingest.accepted.at(-1)).toMatchObject({ type, test: true, onlyWebhook: id })
    expect(api.ingest.accepted.at(-1)?.data).toContain('tagId')
  })

  it('or without a type takes the first type, and the data byte for byte', async () => {
    const { id } = await create({ events: ['order.paid'] })
    const answer = await test(id, '{"data":{"total":12345678901234567890}}')
    expect(answer.status, answer.text).toBe(202)
    const data = '{"total":12345678901234567890}'
    expect(api.ingest.accepted.at(-1)).toMatchObject({ type: 'order.paid', data })
  })
})

describe('a 401', () => {
  const past = new Date(Date.now() - 1_000)
  const invalid = 'Bearer realm="herald", error="invalid_token"'
  const none = 'Bearer realm="herald"'
  type Row = {
    had: string
    given: string | object | null
    headers?: Record<string, string>
    challenge?: string
    detail: RegExp
  }
  it.each<Row>([
    { had: 'no key', given: null, challenge: none, detail: /^Send an API key/ },
    {
      had: 'another scheme',
      given: null,
      headers: { authorization: 'Basic eA==' },
      challenge: none,
      detail: /^Send/,
    },
    { had: 'a malformed key', given: 'hk_x', detail: /is no API key/ },
    {
      had: 'an unknown key',
      given: `hk_${'a'.repeat(12)}_${'b'.repeat(43)}`,
      detail: /is not known/,
    },
    { had: 'an expired key', given: { expiresAt: past }, detail: /expired at 20/ },
    { had: 'a revoked key', given: { revokedAt: past }, detail: /was revoked at 20/ },
  ])('says that it had $had', async ({ given, headers = {}, challenge = invalid, detail }) => {
    const isStored = typeof given === 'object' && given !== null
    const key = isStored ? await addKey(api.models, 'admin', given) : given
    const answer = await api.call('GET', '/v1/webhooks', { key, headers })
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe(challenge)
    expect((answer.json as { detail: string }).detail).toMatch(detail)
  })
})

describe('the methods of a path', () => {
  it.each([
    ['/v1/events', 'POST, GET, HEAD, OPTIONS'],
    ['/v1/webhooks/wh_1', 'GET, HEAD, PATCH, DELETE, OPTIONS'],
    ['/v1/deliveries/d/redeliver', 'POST, OPTIONS'],
    ['/v1/openapi.json', 'GET, HEAD, OPTIONS'],
  ])('of %s are all told, by 405 and by OPTIONS', async (path, allow) => {
    const wrong = await fetch(api.url + path, { method: 'PUT' })
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, allow])
    const asked = await fetch(api.url + path, { method: 'OPTIONS' })
    expect([asked.status, asked.headers.get('allow'), await asked.text()]).toEqual([204, allow, ''])
    const patches = 'application/json, application/merge-patch+json'
    expect(asked.headers.get('accept-patch')).toBe(allow.includes('PATCH') ? patches : null)
  })

  it('of a path that there is not are 404', async () => {
    expect((await fetch(`${api.url}/v1/nothing`, { method: 'OPTIONS' })).status).toBe(404)
  })
})

describe('a list of webhooks', () => {
  it('is chosen by a text of its name, events or URL, never by the URL of Slack', async () => {
    await addWebhook(api.models, { _id: 'wh_text', name: 'Billing (EU)', events: ['invoice.*'] })
    const slack = { type: 'slack', url: 'https://chat.example.com/services/hidden', timeout: '15s' }
    await addWebhook(api.models, { _id: 'wh_slack', target: slack as never })
    const found = async (text: string) => {
      const { json } = await api.call('GET', `/v1/webhooks?text=${encodeURIComponent(text)}`)
      return (json as { data: { id: string }[] }).data.map(({ id }) => id)
    }
    for (const text of ['billing (e', 'INVOICE.*', 'wh_text'])
      expect(await found(text)).toEqual(['wh_text'])
    expect(await found('example.com/hook')).toContain('wh_text')
    expect(await found('services/hidden')).toEqual([])
    expect(await found('.*nothing')).toEqual([])
  })
})
