import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WebhookDocument } from '../../../src/models/webhooks/document.ts'
import { type Api, startApi } from '../support.ts'

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

const url = 'https://one.example.com/hook'
const secrets = {
  headers: { Authorization: 'Bearer token-11112222', 'X-Token': 'header-secret-9876' },
  apiKey: { header: 'X-API-Key', value: 'canary-key-7731' },
}
const hook = (target: object, fields: object = {}) => ({
  name: 'x',
  events: ['*'],
  target: { type: 'http', url, ...target },
  ...fields,
})
const post = (body: unknown) => api.call('POST', '/v1/webhooks', { body })
async function create(target: object, fields: object = {}): Promise<string> {
  const answer = await post(hook(target, fields))
  expect(answer.status, answer.text).toBe(201)
  return (answer.json as { id: string }).id
}
const patch = (id: string, body: unknown) =>
  api.call('PATCH', `/v1/webhooks/${id}`, { body, headers: { 'if-match': '*' } })
const stored = async (id: string) =>
  (await api.models.webhooks.findById(id).lean<WebhookDocument>().exec())?.target
type Problem = { errors: { pointer: string; code: string; detail: string }[] }
const faults = ({ status, json }: { status: number; json: unknown }) => [
  status,
  ...((json as Problem).errors ?? []).map(({ pointer, code }) => `${pointer} ${code}`),
]

describe('a change of the URL to another origin', () => {
  it.each([
    ['another host', 'https://two.example.com/hook'],
    ['another port', 'https://one.example.com:8443/hook'],
    ['a subdomain', 'https://a.one.example.com/hook'],
    ['another host in capitals, with a final dot', 'https://TWO.example.com./hook'],
  ])('%s, without the stored secrets, is refused and says which', async (_what, other) => {
    const id = await create(secrets)
    const refused = await patch(id, { target: { url: other } })
    expect(faults(refused)).toEqual([
      422,
      '/target/headers/Authorization secret_needed',
      '/target/headers/X-Token secret_needed',
      '/target/apiKey/value secret_needed',
    ])
    expect(refused.text).not.toMatch(/token-1111|header-secret|canary-key/)
    expect(await stored(id)).toMatchObject({ url, ...secrets })
  })

  it('to plain http of the same host is refused too', async () => {
    await api.stop()
    api = await startApi({ env: { ALLOW_HTTP: 'true' } })
    const id = await create(secrets)
    const refused = await patch(id, { target: { url: 'http://one.example.com/hook' } })
    expect(refused.status).toBe(422)
  })

  it('with masks in the place of secrets is refused for these', async () => {
    const id = await create(secrets)
    const other = 'https://two.example.com/hook'
    const masks = { headers: { authorization: 'Bearer new', 'X-Token': '…9876' } }
    const refused = await patch(id, {
      target: { url: other, ...masks, apiKey: { value: '…7731' } },
    })
    expect(faults(refused)).toEqual([
      422,
      '/target/headers/X-Token secret_needed',
      '/target/apiKey/value secret_needed',
    ])
    const renamed = await patch(id, {
      target: { url: other, headers: null, apiKey: { header: 'X-K' } },
    })
    expect(faults(renamed)).toEqual([422, '/target/apiKey/value secret_needed'])
  })

  it('with every secret given again, or removed, is made', async () => {
    const id = await create(secrets)
    const given = {
      url: 'https://two.example.com/hook',
      headers: { AUTHORIZATION: 'Bearer new', 'x-token': null },
      apiKey: { value: 'canary-key-7731' },
    }
    const changed = await patch(id, { target: given })
    expect(changed.status, changed.text).toBe(200)
    const { headers, apiKey } = (await stored(id)) as { headers: object; apiKey: object }
    expect(headers).toEqual({ AUTHORIZATION: 'Bearer new' })
    expect(apiKey).toEqual(secrets.apiKey)
    const bare = await patch(id, {
      target: { url: 'https://three.example.com/', headers: null, apiKey: null },
    })
    expect(bare.status).toBe(200)
  })

  it('of a webhook without secrets, or of the path alone, needs none', async () => {
    const plain = await create({})
    expect((await patch(plain, { target: { url: 'https://two.example.com/' } })).status).toBe(200)
    const id = await create(secrets)
    for (const same of ['https://one.example.com/other?x=1', 'https://ONE.example.com:443/hook'])
      expect((await patch(id, { target: { url: same } })).status).toBe(200)
    expect(await stored(id)).toMatchObject(secrets)
  })
})

describe('names of headers have no case', () => {
  it('in a patch: it replaces and removes what is stored under another spelling', async () => {
    const id = await create({ headers: { 'X-Token': 'one', 'X-Other': 'kept' } })
    await patch(id, { target: { headers: { 'x-token': 'two' } } })
    expect(await stored(id)).toMatchObject({ headers: { 'x-token': 'two', 'X-Other': 'kept' } })
    await patch(id, { target: { headers: { 'X-TOKEN': null } } })
    expect((await stored(id)) as object).toHaveProperty('headers', { 'X-Other': 'kept' })
  })

  it('in a mask: it keeps what is stored under another spelling', async () => {
    const id = await create({ headers: { 'X-Token': 'header-secret-9876' } })
    const kept = await patch(id, { target: { headers: { 'x-token': '…9876' } } })
    expect(kept.status).toBe(200)
    expect(await stored(id)).toMatchObject({ headers: { 'x-token': 'header-secret-9876' } })
  })

  const hmac = (header: string) => ({
    signature: { scheme: 'hmac-sha256', header, encoding: 'hex' },
  })
  it.each<[string, object, string[]]>([
    [
      'one twice',
      hook({ headers: { 'X-Token': 'a', 'x-token': 'b' } }),
      ['/target/headers/x-token'],
    ],
    [
      'that of the API key',
      hook({ headers: { 'x-api-KEY': 'a' }, apiKey: { value: 'b' } }),
      ['/target/headers/x-api-KEY'],
    ],
    [
      'that of the signature',
      hook({ headers: { 'x-signature': 'a' } }, hmac('X-Signature')),
      ['/target/headers/x-signature'],
    ],
    [
      'that of a preset',
      hook({ headers: { 'x-signature': 'a' } }, { preset: 'merchant' }),
      ['/target/headers/x-signature'],
    ],
    [
      'that of the signature as API key',
      hook({ apiKey: { header: 'X-SIGNATURE', value: 'a' } }, hmac('x-Signature')),
      ['/target/apiKey/header'],
    ],
    [
      'those of the format',
      hook(
        { headers: { 'Ce-Id': 'a' }, apiKey: { header: 'CE-key', value: 'b' } },
        { format: 'cloudevents-binary', ...hmac('ce-signature') },
      ),
      ['/signature/header', '/target/apiKey/header', '/target/headers/Ce-Id'],
    ],
  ])('%s is refused with 422', async (_what, body, pointers) => {
    const expected = [422, ...pointers.map((pointer) => `${pointer} header_conflict`)]
    expect(faults(await post(body))).toEqual(expected)
  })

  it.each([
    'Host',
    'CONTENT-TYPE',
    'Content-Length',
    'Transfer-encoding',
    'webhook-ID',
    'HERALD-Delivery',
    'User-AGENT',
    'Proxy-Authorization',
    'Expect',
  ])('%s is reserved in every place', async (name) => {
    const places = [
      hook({ headers: { [name]: 'a' } }),
      hook({ apiKey: { header: name, value: 'a' } }),
      hook({}, hmac(name)),
    ]
    for (const body of places) {
      const refused = await post(body)
      expect(refused.status).toBe(422)
      expect(refused.text).toContain('is reserved')
    }
  })

  it.each(['_bsontype', '__proto__'])('%s is refused wherever it would be stored', async (name) => {
    const headers = JSON.parse(`{"${name}":"a"}`) as Record<string, string>
    const key = hook({ apiKey: { header: name, value: 'a' } })
    for (const body of [hook({ headers }), key, hook({}, hmac(name))]) {
      const refused = await post(body)
      expect([refused.status, refused.text]).toEqual([422, expect.stringContaining('stored')])
    }
  })

  it.each(['constructor', 'toString', '$where', 'a.b', '0'])(
    '%s is a header like any other',
    async (name) => {
      const id = await create({ headers: { [name]: 'a value of a header' } })
      expect((await api.models.webhooks.findById(id).lean())?.target).toMatchObject({
        headers: { [name]: 'a value of a header' },
      })
    },
  )

  it('a patch that would make two headers meet is refused, whichever it changes', async () => {
    const id = await create({ headers: { 'X-Signature': 'a', 'CE-x': 'b' } })
    expect(faults(await patch(id, hmac('x-signature')))).toEqual([
      422,
      '/target/headers/X-Signature header_conflict',
    ])
    expect(faults(await patch(id, { format: 'cloudevents-binary' }))).toEqual([
      422,
      '/target/headers/CE-x header_conflict',
    ])
    expect(
      faults(await patch(id, { target: { apiKey: { header: 'x-SIGNATURE', value: 'k' } } })),
    ).toEqual([422, '/target/headers/X-Signature header_conflict'])
    expect((await patch(id, { name: 'y' })).status).toBe(200)
  })
})
