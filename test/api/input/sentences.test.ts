import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildOpenApi } from '../../../scripts/openapi-document.ts'
import { addWebhook, type Api, startApi } from '../support.ts'

const url = 'https://example.com/hook'
const hook = { name: 'x', events: ['*'], target: { type: 'http', url } }
/** How the library of the schemas speaks. */
const FOREIGN =
  /invalid (input|option|iso|string|key|type)|expected|received|too (small|big)|unrecognized/i

let api: Api
beforeAll(async () => {
  api = await startApi({ env: { CODEC_SERVER: 'true' } })
  await addWebhook(api.models, { _id: 'wh_1' })
})
afterAll(() => api.stop())

type Problem = { detail: string; errors: { pointer: string; detail: string; code: string }[] }
type Parameter = { in: string; name: string }
type Operation = { parameters?: Parameter[]; requestBody?: object }

async function errorsOf(path: string, body: unknown): Promise<string[]> {
  const { json } = await api.call('POST', path, { body })
  return (json as Problem).errors.map(({ pointer, detail }) => `${pointer} ${detail}`)
}

const operations = Object.entries(buildOpenApi({ version: '0' }).paths ?? {}).flatMap(
  ([path, methods]) =>
    Object.entries(methods as Record<string, Operation>)
      .filter(([method]) => ['get', 'post', 'put', 'patch', 'delete'].includes(method))
      .map(([method, operation]) => ({ title: `${method.toUpperCase()} ${path}`, operation })),
)
const WRONG = [{}, [], 'x', 7, null, true]
/** Every name that some body has, with a value of a wrong type. */
const NAMES =
  'name events target retry signature rateLimit filter type data role expiresAt overlap secret url since rate missing payloads webhook event schema status openapi webhooks validation key id'.split(
    ' ',
  )

describe('what a wrong request is told', () => {
  it.each(operations)('$title speaks in our words', async ({ title, operation }) => {
    const [method = '', template = ''] = title.split(' ')
    const path = template.replaceAll(/\{\w+\}/g, 'wh_1')
    const bodies = WRONG.flatMap((value) => [
      value,
      ...NAMES.map((name) => ({ [name]: value })),
      Object.fromEntries(NAMES.map((name) => [name, value])),
    ])
    const sent: ReturnType<Api['call']>[] = []
    const headers = { 'if-match': '*' }
    if (operation.requestBody)
      for (const body of bodies) sent.push(api.call(method, path, { body, headers }))
    for (const { in: place, name } of operation.parameters ?? [])
      if (place === 'query')
        for (const value of ['', 'x y', '-1', '1e9'])
          sent.push(api.call(method, `${path}?${name}=${encodeURIComponent(value)}`))
    for (const { status, json } of await Promise.all(sent)) {
      if (status < 400) continue
      const { detail, errors } = json as Problem
      for (const sentence of [detail, ...errors.map((one) => one.detail)])
        expect(sentence).not.toMatch(FOREIGN)
    }
  })

  it.each([
    [{ name: '' }, '/name must not be empty'],
    [{ name: 'x'.repeat(201) }, '/name must have at most 200 characters; it has 201'],
    [{ name: 7 }, '/name must be a string, not a number'],
    [{ events: [] }, '/events must not be empty'],
    [{ events: 'x' }, '/events must be an array, not a string'],
    [{ concurrency: 0 }, '/concurrency must be at least 1'],
    [{ concurrency: 257 }, '/concurrency must be at most 256'],
    [{ concurrency: 1.5 }, '/concurrency must be a whole number'],
    [{ concurrency: true }, '/concurrency must be a number, not true'],
    [{ success: '2x' }, '/success must be one of 200, 2xx; did you mean “2xx”?'],
    [{ state: 'pausd' }, '/state must be one of active, paused; did you mean “paused”?'],
    [{ target: { url } }, '/target/type is required: one of http, slack'],
    [
      { target: { type: 'htp', url } },
      '/target/type must be one of http, slack; did you mean “http”?',
    ],
    [{ target: [] }, '/target must be an object, not an array'],
  ])('%j reads “%s”', async (fields, sentence) => {
    expect(await errorsOf('/v1/webhooks', { ...hook, ...fields })).toContain(sentence)
  })

  it('shows what a time looks like', async () => {
    const body = { name: 'n', role: 'viewer', expiresAt: 'tomorrow' }
    expect(await errorsOf('/v1/api-keys', body)).toEqual([
      '/expiresAt must be a time with its zone, such as 2026-01-05T09:00:00Z',
    ])
  })

  it('is one sentence for one fault, and the number of them for several', async () => {
    const detail = async (body: object) =>
      ((await api.call('POST', '/v1/webhooks', { body })).json as Problem).detail
    expect(await detail({ ...hook, name: undefined })).toBe('/name: is required')
    expect(await detail({ ...hook, name: 7, events: [] })).toBe('2 fields are invalid.')
    const { json } = await api.call('GET', '/v1/deliveries?state=x&limit=0&attempts=x')
    expect(json).toMatchObject({ detail: '3 parameters are invalid.' })
  })
})
