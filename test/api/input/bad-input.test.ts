import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addKey, type Api, startApi } from '../support.ts'

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

type Problem = { code: string; status: number; type: string; requestId: string; errors: unknown[] }
type Row = {
  title: string
  method?: string
  path?: string
  body?: unknown
  headers?: Record<string, string>
  key?: 'ingest' | 'viewer' | 'operator' | 'admin' | 'none' | 'unknown'
  status: number
  code: string
  pointer?: string
  detail?: string
}

const deep = `{"type":"a","data":${'['.repeat(64)}${']'.repeat(64)}}`
const keys = Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`k${i}`, 1]))
const event = { type: 'a.b', data: 1 }
const hook = { name: 'x', events: ['*'], target: { type: 'http', url: 'https://example.com/' } }
const webhooks = { path: '/v1/webhooks' }
const list = { method: 'GET', path: '/v1/deliveries' }

const rows: Row[] = [
  { title: 'no JSON', body: '{"type":', status: 400, code: 'json_invalid' },
  { title: 'an empty body', body: '', status: 400, code: 'json_invalid' },
  { title: 'two values', body: '{} {}', status: 400, code: 'json_invalid' },
  { title: 'an array', body: '[]', status: 422, code: 'validation_failed', pointer: '' },
  { title: 'null', body: 'null', status: 422, code: 'validation_failed', pointer: '' },
  {
    title: 'no data',
    body: { type: 'a' },
    status: 422,
    code: 'validation_failed',
    pointer: '/data',
  },
  { title: 'no type', body: { data: 1 }, status: 422, code: 'validation_failed', pointer: '/type' },
  {
    title: 'a type that is no text',
    body: { type: 7, data: 1 },
    status: 422,
    code: 'validation_failed',
    pointer: '/type',
  },
  {
    title: 'a type with a space',
    body: { type: 'a b', data: 1 },
    status: 422,
    code: 'validation_failed',
    pointer: '/type',
  },
  {
    title: 'an id with a dot',
    body: { ...event, id: 'a.b' },
    status: 422,
    code: 'validation_failed',
    pointer: '/id',
  },
  {
    title: 'a time that is none',
    body: { ...event, occurredAt: 'yesterday' },
    status: 422,
    code: 'validation_failed',
    pointer: '/occurredAt',
  },
  {
    title: 'a context that is no object',
    body: { ...event, context: [1] },
    status: 422,
    code: 'validation_failed',
    pointer: '/context',
  },
  {
    title: 'a subject of 257 characters',
    body: { ...event, subject: 'x'.repeat(257) },
    status: 422,
    code: 'validation_failed',
    pointer: '/subject',
  },
  {
    title: 'an unknown field',
    body: { ...event, refrence: 'r' },
    status: 422,
    code: 'validation_failed',
    pointer: '/refrence',
    detail: 'did you mean “reference”?',
  },
  {
    title: 'the key __proto__',
    body: '{"type":"a","data":1,"__proto__":{"x":1}}',
    status: 422,
    code: 'validation_failed',
    pointer: '/__proto__',
  },
  {
    title: 'a key that comes twice',
    body: '{"type":"a","data":1,"type":"b"}',
    status: 400,
    code: 'duplicate_key',
    pointer: '/type',
  },
  { title: '65 levels', body: deep, status: 400, code: 'too_deep' },
  {
    title: '10,001 keys',
    body: { type: 'a', data: keys },
    status: 400,
    code: 'too_many_keys',
  },
  {
    title: 'a body over the limit',
    body: { ...event, data: 'x'.repeat(262_144) },
    status: 413,
    code: 'too_large',
  },
  {
    title: 'bytes that are not UTF-8',
    body: Buffer.from([...Buffer.from('{"type":"a","data":"'), 0xff, 0x22, 0x7d]),
    status: 400,
    code: 'encoding_invalid',
  },
  {
    title: 'a byte order mark',
    body: '\uFEFF{"type":"a","data":1}',
    status: 400,
    code: 'encoding_invalid',
  },
  {
    title: 'text/plain',
    body: event,
    headers: { 'content-type': 'text/plain' },
    status: 415,
    code: 'media_type_unsupported',
  },
  {
    title: 'UTF-16',
    body: event,
    headers: { 'content-type': 'application/json; charset=utf-16' },
    status: 415,
    code: 'media_type_unsupported',
  },
  {
    title: 'a body compressed by something else',
    body: event,
    headers: { 'content-encoding': 'br' },
    status: 415,
    code: 'media_type_unsupported',
  },
  {
    title: 'a body compressed twice',
    body: event,
    headers: { 'content-encoding': 'gzip, gzip' },
    status: 415,
    code: 'media_type_unsupported',
  },
  {
    title: 'a body that is not the gzip that it says',
    body: event,
    headers: { 'content-encoding': 'gzip' },
    status: 400,
    code: 'encoding_invalid',
  },
  {
    title: 'an Idempotency-Key of 256 characters',
    body: event,
    headers: { 'idempotency-key': 'x'.repeat(256) },
    status: 400,
    code: 'header_invalid',
    pointer: '/header/Idempotency-Key',
  },
  { title: 'no key', body: event, key: 'none', status: 401, code: 'unauthenticated' },
  { title: 'an unknown key', body: event, key: 'unknown', status: 401, code: 'unauthenticated' },
  {
    title: 'a malformed key',
    body: event,
    headers: { authorization: 'Bearer hk_wrong' },
    status: 401,
    code: 'unauthenticated',
  },
  { title: 'a viewer posting', body: event, key: 'viewer', status: 403, code: 'role_missing' },
  { ...list, title: 'an ingest key reading', key: 'ingest', status: 403, code: 'role_missing' },
  {
    ...webhooks,
    title: 'an operator creating a webhook',
    body: hook,
    key: 'operator',
    status: 403,
    code: 'role_missing',
  },
  {
    title: 'a malformed tenant',
    body: event,
    headers: { 'herald-tenant': 'a b' },
    status: 400,
    code: 'header_invalid',
    pointer: '/header/Herald-Tenant',
  },
  { method: 'GET', path: '/v1/webhoks', title: 'no such path', status: 404, code: 'not_found' },
  {
    method: 'GET',
    path: '/v1/webhooks/%zz',
    title: 'a malformed path',
    status: 400,
    code: 'request_invalid',
  },
  {
    method: 'GET',
    path: '/v1/webhooks/wh_1',
    title: 'no such webhook',
    status: 404,
    code: 'not_found',
  },
  {
    method: 'GET',
    path: '/v1/deliveries/d',
    title: 'no such delivery',
    status: 404,
    code: 'not_found',
  },
  {
    method: 'DELETE',
    path: '/v1/api-keys/hk_x',
    title: 'no such API key',
    status: 404,
    code: 'not_found',
  },
  {
    method: 'PUT',
    path: '/v1/webhooks',
    title: 'a wrong method',
    status: 405,
    code: 'method_not_allowed',
  },
  {
    method: 'DELETE',
    path: '/v1/events',
    title: 'another wrong method',
    status: 405,
    code: 'method_not_allowed',
  },
  {
    ...list,
    path: '/v1/deliveries?stat=failed',
    title: 'an unknown query parameter',
    status: 400,
    code: 'query_invalid',
    pointer: '/query/stat',
    detail: 'did you mean “state”?',
  },
  {
    ...list,
    path: '/v1/deliveries?state=lost',
    title: 'a state that is none',
    status: 400,
    code: 'query_invalid',
    pointer: '/query/state',
  },
  {
    ...list,
    path: '/v1/deliveries?subject=a&subject=b',
    title: 'a parameter that comes twice',
    status: 400,
    code: 'query_invalid',
    pointer: '/query/subject',
  },
  {
    ...list,
    path: '/v1/deliveries?limit=101',
    title: 'a limit over 100',
    status: 400,
    code: 'query_invalid',
    pointer: '/query/limit',
  },
  {
    ...list,
    path: '/v1/deliveries?state[$ne]=x',
    title: 'a MongoDB operator',
    status: 400,
    code: 'query_invalid',
    pointer: '/query/state[$ne]',
  },
  {
    ...list,
    path: '/v1/deliveries?cursor=abc',
    title: 'a false cursor',
    status: 400,
    code: 'cursor_invalid',
  },
  {
    ...webhooks,
    title: 'an unknown field of a target',
    body: { ...hook, target: { ...hook.target, timout: '1s' } },
    status: 422,
    code: 'validation_failed',
    pointer: '/target/timout',
    detail: 'did you mean “timeout”?',
  },
  {
    ...webhooks,
    title: 'a target of no known type',
    body: { ...hook, target: { type: 'smtp', url: 'x' } },
    status: 422,
    code: 'validation_failed',
    pointer: '/target/type',
  },
  {
    ...webhooks,
    title: 'an interval that is too short',
    body: { ...hook, retry: { type: 'fixed', interval: '10ms', retries: 1 } },
    status: 422,
    code: 'validation_failed',
    pointer: '/retry/interval',
  },
  {
    ...webhooks,
    title: 'a reserved header',
    body: { ...hook, target: { ...hook.target, headers: { Host: 'x' } } },
    status: 422,
    code: 'validation_failed',
    pointer: '/target/headers/Host',
    detail: 'is reserved',
  },
  {
    ...webhooks,
    title: 'a header value with a line break',
    body: { ...hook, target: { ...hook.target, headers: { 'X-A': 'a\r\nb: c' } } },
    status: 422,
    code: 'validation_failed',
    pointer: '/target/headers/X-A',
  },
  {
    ...webhooks,
    title: 'a secret that does not fit its scheme',
    body: { ...hook, secret: 'short' },
    status: 422,
    code: 'validation_failed',
    pointer: '/secret',
  },
  {
    ...webhooks,
    title: 'a filter',
    body: { ...hook, filter: 'data.x =' },
    status: 422,
    code: 'validation_failed',
    pointer: '/filter',
  },
]

async function send(row: Row) {
  const key = row.key ?? 'admin'
  const value =
    key === 'none'
      ? null
      : key === 'unknown'
        ? `hk_${'a'.repeat(12)}_${'b'.repeat(43)}`
        : api.keys[key]
  const method = row.method ?? 'POST'
  return api.call(method, row.path ?? '/v1/events', {
    key: value,
    ...(row.body !== undefined && { body: row.body }),
    ...(row.headers && { headers: row.headers }),
  })
}

const RIGHT = { title: 'nothing wrong', body: { ...event, id: 'right' }, status: 202, code: '' }
/** Those that differ with each request. */
const OWN_HEADERS = ['date', 'x-request-id', 'ratelimit', 'content-length']

function isEvent({ method = 'POST', path = '/v1/events' }: Row): boolean {
  return method === 'POST' && path === '/v1/events'
}

function comparable({ status, headers, json }: Awaited<ReturnType<typeof send>>) {
  const shown = [...headers].filter(([name]) => !OWN_HEADERS.includes(name))
  const { requestId: _, duplicate: __, ...body } = json as { requestId: string; duplicate: boolean }
  return { status, headers: Object.fromEntries(shown), body }
}

describe('a request that is wrong', () => {
  it.each(rows)('with $title is answered $status $code', async (row) => {
    const answer = await send(row)
    const problem = answer.json as Problem
    expect([answer.status, problem.code]).toEqual([row.status, row.code])
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(problem).toMatchObject({ status: row.status, type: `/docs/errors#${row.code}` })
    expect(problem.requestId).toBe(answer.headers.get('x-request-id'))
    if (row.pointer !== undefined)
      expect(problem.errors).toContainEqual(
        expect.objectContaining({
          pointer: row.pointer,
          detail: expect.stringContaining(row.detail ?? '') as unknown,
        }),
      )
  })

  it.each([...rows.filter(isEvent), RIGHT])(
    'with $title is answered alike before the router and by it',
    async (row) => {
      const [before, routed] = [await send(row), await send({ ...row, path: '/v1/events?' })]
      expect(comparable(routed)).toEqual(comparable(before))
    },
  )

  it('is told the methods that there are', async () => {
    const answer = await api.call('DELETE', '/v1/events')
    expect(answer.headers.get('allow')).toBe('POST, GET, HEAD, OPTIONS')
  })

  it('keeps its request id where that is well-formed', async () => {
    const given = await api.call('GET', '/v1/x', { headers: { 'x-request-id': 'abc-1' } })
    expect(given.json).toMatchObject({ requestId: 'abc-1' })
    const other = await api.call('GET', '/v1/x', { headers: { 'x-request-id': 'a b' } })
    expect(other.json).not.toMatchObject({ requestId: 'a b' })
  })

  it('of another tenant is refused, and finds nothing of others', async () => {
    const key = await addKey(api.models, 'admin', { tenant: 'acme' })
    const headers = { 'herald-tenant': 'default' }
    const refused = await api.call('GET', '/v1/webhooks', { key, headers })
    expect([refused.status, refused.json]).toMatchObject([403, { code: 'tenant_forbidden' }])
    const made = await api.call('POST', '/v1/webhooks', { body: hook })
    const { id } = made.json as { id: string }
    expect((await api.call('GET', `/v1/webhooks/${id}`)).status).toBe(200)
    expect((await api.call('GET', `/v1/webhooks/${id}`, { key })).status).toBe(404)
  })
})
