import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { limitedServer } from '../../../src/api/http/server.ts'
import { until } from '../../support/until.ts'
import { addKey, type Api, startApi } from '../support.ts'

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

async function api(env: Record<string, string>): Promise<Api> {
  const started = await startApi({ env })
  stops.push(started.stop)
  return started
}

const event = { type: 'a.b', data: 1 }
const post = ({ call, keys }: Api, key = keys.ingest) =>
  call('POST', '/v1/events', { key, body: event })

describe('an API key', () => {
  it('sends its burst, then gets 429 with Retry-After until time has passed', async () => {
    const herald = await api({ INGEST_RATE: '1', INGEST_BURST: '3' })
    const frozen = Date.now()
    herald.deps.now = () => frozen + herald.clock.offsetMs
    for (const left of [2, 1, 0]) {
      const { status, headers } = await post(herald)
      expect(status).toBe(202)
      expect(headers.get('ratelimit')).toMatch(new RegExp(`^"key";r=${left};t=[01]$`))
      expect(headers.get('ratelimit-policy')).toBe('"key";q=3;w=3')
    }
    const refused = await post(herald)
    expect([refused.status, refused.json]).toMatchObject([429, { code: 'rate_limited' }])
    expect(refused.headers.get('retry-after')).toBe('1')
    herald.clock.offsetMs += 5_000
    expect((await post(herald)).status).toBe(202)
  })

  it('has a limit of its own: another key goes on', async () => {
    const herald = await api({ INGEST_RATE: '1', INGEST_BURST: '1' })
    const other = await addKey(herald.models, 'ingest')
    expect((await post(herald)).status).toBe(202)
    expect((await post(herald)).status).toBe(429)
    expect((await post(herald, other)).status).toBe(202)
    expect((await herald.call('GET', '/v1/webhooks')).status).toBe(200)
  })

  it('pays for every event of a batch', async () => {
    const herald = await api({ INGEST_RATE: '1', INGEST_BURST: '5' })
    const events = Array.from({ length: 30 }, (_, i) => ({ ...event, id: `e${i}` }))
    const key = herald.keys.ingest
    const batch = await herald.call('POST', '/v1/events/batch', { key, body: { events } })
    expect(batch.status).toBe(202)
    const refused = await post(herald)
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(20)
  })
})

describe('ingest', () => {
  it('answers 503 at once while too many requests are open, and goes on afterwards', async () => {
    const herald = await api({ INGEST_MAX_IN_FLIGHT: '2' })
    const accept = herald.ingest.accept.bind(herald.ingest)
    const held: (() => void)[] = []
    herald.ingest.accept = async (events, deadlineAtMs) => {
      await new Promise<void>((resolve) => held.push(resolve))
      return accept(events, deadlineAtMs)
    }
    const open = [post(herald), post(herald)]
    await until(() => held.length === 2)
    const refused = await post(herald)
    expect([refused.status, refused.json]).toMatchObject([503, { code: 'ingest_unavailable' }])
    expect(refused.headers.get('retry-after')).toBe('1')
    herald.ingest.accept = accept
    for (const release of held) release()
    for (const one of open) expect((await one).status).toBe(202)
    expect((await post(herald)).status).toBe(202)
  })
})

describe('a slow client', () => {
  async function listening(limits: { REQUEST_TIMEOUT_SECONDS: number; MAX_CONNECTIONS: number }) {
    const bodies: string[] = []
    const server = limitedServer(limits, (request, response) => {
      let text = ''
      request.on('data', (chunk: Buffer) => (text += chunk.toString()))
      request.on('end', () => (bodies.push(text), response.end('ok')))
      request.on('error', () => undefined)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    stops.push(() => (server.closeAllConnections(), server.close()))
    const { port } = server.address() as AddressInfo
    return { bodies, open: () => connect(port, '127.0.0.1') }
  }

  const received = async (socket: Socket) => {
    let text = ''
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
    socket.on('error', () => undefined)
    await once(socket, 'close')
    return text
  }
  const limits = { REQUEST_TIMEOUT_SECONDS: 1, MAX_CONNECTIONS: 2 }
  const head = 'POST /v1/events HTTP/1.1\r\nHost: a\r\n'

  it.each([
    ['headers', head],
    ['a body', `${head}Content-Length: 100\r\n\r\n{"type"`],
    ['a chunked body', `${head}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`],
  ])('that does not finish %s gets 408 and is cut', async (_what, start) => {
    const { open, bodies } = await listening(limits)
    const socket = open()
    socket.write(start)
    const began = performance.now()
    expect(await received(socket)).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\nConnection: close/)
    expect(performance.now() - began).toBeLessThan(5_000)
    expect(bodies).toEqual([])
  })

  it('that drips a byte at a time is cut all the same', async () => {
    const { open } = await listening(limits)
    const socket = open()
    socket.write(`${head}Content-Length: 1000\r\n\r\n`)
    const drip = setInterval(() => socket.writable && socket.write('x'), 50)
    expect(await received(socket)).toContain('408')
    clearInterval(drip)
  })

  it('keeps nobody out: connections over the cap are closed, the others are served', async () => {
    const { open } = await listening({ ...limits, REQUEST_TIMEOUT_SECONDS: 30 })
    const first = open()
    const second = open()
    await Promise.all([once(first, 'connect'), once(second, 'connect')])
    expect(await received(open())).toBe('')
    const answer = received(first)
    first.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    expect(await answer).toContain('200 OK')
    second.destroy()
  })

  it('that sends what is not HTTP gets 400, with too many headers 431', async () => {
    const { open } = await listening(limits)
    const wrong = open()
    wrong.write('nonsense\r\n\r\n')
    expect(await received(wrong)).toMatch(/^HTTP\/1\.1 400 /)
    const large = open()
    large.write(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)
    expect(await received(large)).toMatch(/^HTTP\/1\.1 431 /)
  })
})
