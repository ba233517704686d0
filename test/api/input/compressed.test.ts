import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Api, startApi } from '../support.ts'

const MOST = 4_096
let api: Api
beforeAll(async () => {
  api = await startApi({ env: { INGEST_MAX_BYTES: String(MOST) } })
})
afterAll(() => api.stop())
beforeEach(() => {
  api.ingest.accepted.length = 0
})

const post = (body: Buffer, headers: Record<string, string> = {}, path = '/v1/events') =>
  api.call('POST', path, {
    key: path === '/v1/events' ? api.keys.ingest : api.keys.admin,
    body,
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip', ...headers },
  })
/** An event of exactly so many bytes. */
const eventOf = (bytes: number, id = 'a') => {
  const head = `{"type":"a","id":"${id}","data":"`
  return Buffer.from(`${head}${'x'.repeat(bytes - head.length - 2)}"}`)
}

describe('a body that comes as gzip', () => {
  it('is an event like any other, and a duplicate of itself in plain', async () => {
    const event = eventOf(200)
    for (const encoding of ['gzip', 'GZIP', 'x-gzip']) {
      const answer = await post(gzipSync(event), { 'content-encoding': encoding })
      expect(answer.status, answer.text).toBe(202)
    }
    const plain = await post(event, { 'content-encoding': 'identity' })
    expect(plain.json).toMatchObject({ duplicate: true })
    expect(api.ingest.accepted).toHaveLength(1)
  })

  it('is taken at every route that reads JSON', async () => {
    const hook = {
      name: 'x',
      events: ['*'],
      target: { type: 'http', url: 'https://example.com/' },
    }
    const made = await post(gzipSync(JSON.stringify(hook)), {}, '/v1/webhooks')
    expect(made.status).toBe(201)
  })

  it('may have as many bytes as in plain once it is unpacked, and not one more', async () => {
    expect((await post(gzipSync(eventOf(MOST)))).status).toBe(202)
    expect((await post(gzipSync(eventOf(MOST), { level: 0 }))).status).toBe(202)
    const more = await post(gzipSync(eventOf(MOST + 1, 'b')))
    expect([more.status, more.json]).toMatchObject([413, { code: 'too_large' }])
    expect(api.ingest.accepted).toHaveLength(1)
  })

  it.each([
    ['of 100 MB', gzipSync(Buffer.alloc(100_000_000))],
    ['within a bomb', gzipSync(gzipSync(Buffer.alloc(10_000_000)))],
    ['of 200 members', Buffer.concat(Array.from({ length: 200 }, () => gzipSync('x'.repeat(100))))],
  ])('and is a bomb %s is refused, with hardly more memory than before', async (_what, bomb) => {
    const before = process.memoryUsage().rss
    for (let n = 0; n < 20; n++) {
      const answer = await post(bomb)
      expect([413, 400]).toContain(answer.status)
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(50_000_000)
    expect(api.ingest.accepted).toEqual([])
  })

  it('is refused where it breaks off, or is something else', async () => {
    const packed = gzipSync(eventOf(2_000))
    for (const body of [packed.subarray(0, -5), packed.subarray(5), Buffer.from('{}')]) {
      const { status, json } = await post(body)
      expect([status, json]).toMatchObject([400, { code: 'encoding_invalid' }])
    }
  })

  it('is the only compression, which the refusal of another one says', async () => {
    for (const encoding of ['br', 'deflate', 'zstd', 'gzip, gzip']) {
      const answer = await post(eventOf(200), { 'content-encoding': encoding })
      expect([answer.status, answer.headers.get('accept-encoding')]).toEqual([415, 'gzip'])
    }
  })
})

describe('a Content-Type', () => {
  it('whose parameters mean nothing is taken; a wrong one is named', async () => {
    const send = (type: string) =>
      post(eventOf(200), { 'content-type': type, 'content-encoding': 'identity' })
    for (const type of [
      'application/json; charset=utf8',
      'application/json; version=2',
      'application/json;odata=verbose; charset="UTF-8"',
    ])
      expect((await send(type)).status).toBe(202)
    const wrong = await send('application/json; version=2; charset=iso-8859-1')
    expect([wrong.status, wrong.json]).toMatchObject([
      415,
      {
        detail: 'charset=iso-8859-1: must be UTF-8',
        errors: [{ pointer: '/header/Content-Type' }],
      },
    ])
  })
})
