import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SEED_TYPES } from '../../../src/catalogue/seed-types.ts'
import { type Api, startApi } from '../support.ts'

let api: Api
let id: string
beforeAll(async () => {
  api = await startApi()
  const target = { type: 'http', url: 'https://a.example.com/' }
  const made = await api.call('POST', '/v1/webhooks', {
    body: { name: 'x', events: ['a'], target },
  })
  id = (made.json as { id: string }).id
})
afterAll(() => api.stop())

const EXAMPLE = SEED_TYPES.get('customer_tag_add')?.example
const tag = { tagId: 'vip', action: 'add', userId: null, processId: null }
const test = (body: unknown, more: object = {}) =>
  api.call('POST', `/v1/webhooks/${id}/test`, { key: api.keys.operator, body, ...more })

describe('POST /v1/webhooks/{id}/test', () => {
  it('hands ingest an event that is marked and goes to this webhook alone, each time another', async () => {
    const first = await test({ type: 'customer_tag_add', data: tag })
    const second = await test({ type: 'customer_tag_add', data: tag })
    expect([first.status, second.status]).toEqual([202, 202])
    const { event, delivery } = first.json as Record<string, string>
    expect(first.json).toMatchObject({
      links: { event: `/v1/events/${event}`, delivery: `/v1/deliveries/${delivery}` },
    })
    expect(second.json).not.toMatchObject({ event })
    const [accepted] = api.ingest.accepted
    expect(accepted).toMatchObject({ id: event, test: true, onlyWebhook: id, tenant: 'default' })
    expect(JSON.parse(accepted?.data ?? '')).toEqual(tag)
  })

  it('takes an operator event too, which nobody may post', async () => {
    const { status } = await test({ type: 'herald.webhook.failing' })
    expect(status).toBe(202)
    expect(api.ingest.accepted.at(-1)).toMatchObject({ type: 'herald.webhook.failing', test: true })
  })

  it('takes the example of the catalogue where data is absent, and null where that is given', async () => {
    const before = api.ingest.accepted.length
    await test({ type: 'CUSTOMER_TAG_ADDED' })
    await test({ type: 'any.type', data: null })
    const [example, none] = api.ingest.accepted.slice(before)
    expect(example).toMatchObject({ type: 'customer_tag_add', data: JSON.stringify(EXAMPLE) })
    expect(none).toMatchObject({ type: 'any.type', data: 'null' })
  })

  it('takes the first type that the webhook names where none is given', async () => {
    expect((await test({ data: 1 })).status).toBe(202)
    expect(api.ingest.accepted.at(-1)).toMatchObject({ type: 'a', data: '1' })
  })

  it('is for operators, about webhooks of the tenant', async () => {
    const body = { type: 'a', data: 1 }
    expect((await test(body, { key: api.keys.viewer })).status).toBe(403)
    expect((await test(body, { key: api.keys.ingest })).status).toBe(403)
    expect((await test(body, { headers: { 'herald-tenant': 'other' } })).status).toBe(404)
  })

  it.each([
    [{ type: 'a', dat: 1 }, '/dat'],
    [{ type: 'a b', data: 1 }, '/type'],
    [{ type: 'unknown.type' }, '/data'],
    [{ type: 'a', data: 1, onlyWebhook: 'wh_other' }, '/onlyWebhook'],
  ])('refuses %j at %s', async (body, pointer) => {
    const { status, json } = await test(body)
    expect([status, json]).toMatchObject([422, { errors: [{ pointer }] }])
  })

  it('answers 202 where the first attempt is not in when the wait is over', async () => {
    const headers = { prefer: 'wait=1' }
    expect((await test({ type: 'a', data: 1 }, { headers })).status).toBe(202)
  })
})

describe('POST /v1/events', () => {
  it.each(['test', 'onlyWebhook'])('lets no service set %s', async (name) => {
    const body = { type: 'a', data: 1, [name]: true }
    const { status, json } = await api.call('POST', '/v1/events', { body })
    expect([status, json]).toMatchObject([422, { errors: [{ pointer: `/${name}` }] }])
  })
})
