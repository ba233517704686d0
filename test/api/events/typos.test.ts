import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { addWebhook, type Api, startApi } from '../support.ts'

let api: Api
beforeAll(async () => {
  api = await startApi()
  await addWebhook(api.models, { _id: 'wh_1', events: ['order.paid', 'customer_tag_addd', 'x.*'] })
  await api.models.events.create({
    _id: 'default/evt_seen',
    tenant: 'default',
    id: 'evt_seen',
    type: 'invoice.sent',
    receivedAt: new Date(),
    data: '1',
    hash: 'h',
    workflow: 'w',
    webhooks: [],
    delivered: false,
  })
})
afterAll(() => api.stop())

type Warned = { warnings?: { code?: string; pointer?: string; detail: string }[] }
const post = async (type: string, more: object = {}) => {
  const body = { type, data: 1, ...more }
  const answer = await api.call('POST', '/v1/events', { key: api.keys.ingest, body })
  expect(answer.status, answer.text).toBe(202)
  return (answer.json as Warned).warnings ?? []
}
const create = async (events: string[]) => {
  const target = { type: 'http', url: 'https://example.com/' }
  const answer = await api.call('POST', '/v1/webhooks', { body: { name: 'x', events, target } })
  expect(answer.status, answer.text).toBe(201)
  await api.models.webhooks.deleteOne({ _id: (answer.json as { id: string }).id })
  return (answer.json as Required<Warned>).warnings.map(({ detail }) => detail)
}

describe('an event whose type is probably a typo', () => {
  it.each([
    ['customer_tag_ad', 'customer_tag_add'],
    ['ordr.paid', 'order.paid'],
  ])('%s is accepted with a warning that names %s', async (type, meant) => {
    expect(await post(type)).toEqual([
      { pointer: '/type', detail: expect.stringContaining(`did you mean “${meant}”?`) as unknown },
    ])
  })

  it.each(['order.paid', 'customer_tag_addd', 'x.anything', 'nothing.like.it'])(
    '%s is none: it is listed, or like nothing',
    async (type) => {
      expect(await post(type)).toEqual([])
    },
  )

  it('costs no read of MongoDB for each event', async () => {
    await post('ordr.paid')
    const reads = vi.spyOn(api.models.webhooks, 'distinct')
    for (let n = 0; n < 20; n++) await post(n % 2 ? 'ordr.paid' : `own.type.${n}`)
    expect(reads).not.toHaveBeenCalled()
    reads.mockRestore()
  })

  it('is none any more once a webhook lists it', async () => {
    expect(await post('oder.paid')).toHaveLength(1)
    const target = { type: 'http', url: 'https://example.com/' }
    await api.call('POST', '/v1/webhooks', { body: { name: 'x', events: ['oder.paid'], target } })
    expect(await post('oder.paid')).toEqual([])
  })

  it('a name of the guide is the type on the wire', async () => {
    expect(await post('STEP_SUBMIT', { data: {} })).toEqual([])
    expect(api.ingest.accepted.at(-1)).toMatchObject({ type: 'step_submit' })
    const ce = { specversion: '1.0', id: '1', source: '/s', type: 'STEP_INIT', data: {} }
    const headers = { 'content-type': 'application/cloudevents+json' }
    await api.call('POST', '/v1/events', { key: api.keys.ingest, body: ce, headers })
    expect(api.ingest.accepted.at(-1)).toMatchObject({ type: 'step_init' })
  })
})

describe('a webhook that names a type', () => {
  it.each([
    ['customer_tag_remov', 'customer_tag_remove'],
    ['ordr.paid', 'order.paid'],
    ['invoice.snt', 'invoice.sent'],
  ])('%s is made with a warning that names %s', async (type, meant) => {
    expect(await create([type])).toEqual([
      `“${type}” is not in the catalogue and was never seen; did you mean “${meant}”?`,
    ])
  })

  it('that was never seen is told so; one of the catalogue, one seen and a pattern are not', async () => {
    expect(await create(['quite.new'])).toEqual([
      '“quite.new” is not in the catalogue and was never seen',
    ])
    expect(await create(['customer_tag_add', 'invoice.sent', 'ordr.*', 'STEP_INIT'])).toEqual([])
  })

  it('tells of a type only when it is named for the first time', async () => {
    const change = async (body: object) => {
      const headers = { 'if-match': '*' }
      const { json } = await api.call('PATCH', '/v1/webhooks/wh_1', { body, headers })
      return (json as Required<Warned>).warnings.map(({ code }) => code)
    }
    expect(await change({ name: 'other' })).toEqual([])
    expect(
      await change({ events: ['order.paid', 'customer_tag_addd', 'x.*', 'ordre.paid'] }),
    ).toEqual(['event_type_unknown'])
  })
})

describe('POST /v1/webhooks/match', () => {
  it('says that a type was never seen', async () => {
    const match = async (type: string) =>
      (await api.call('POST', '/v1/webhooks/match', { body: { event: { type, data: 1 } } }))
        .json as Warned
    expect((await match('invoice.snt')).warnings).toEqual([
      {
        code: 'event_type_unknown',
        detail: expect.stringMatching(/never seen; did you mean “invoice\.sent”/) as unknown,
      },
    ])
    expect(await match('invoice.sent')).not.toHaveProperty('warnings')
  })
})
