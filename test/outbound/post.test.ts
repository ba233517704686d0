import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { createAddressGuard } from '../../src/outbound/address/address-guard.ts'
import { createPoster, type PostRequest } from '../../src/outbound/post.ts'
import { newCertificate } from './connect/certificate.ts'
import { startSocketReceiver } from './connect/socket-receiver.ts'

const guard = createAddressGuard({
  allowCidrs: ['127.0.0.0/8'],
  denyCidrs: [],
  allowHosts: [],
  allowHttp: true,
})
const poster = createPoster({ guard, userAgent: 'herald/test' })
afterAll(() => poster.close())

type Answer = (socket: Socket, request: string) => void
const text =
  (answer: string | Buffer): Answer =>
  (socket) =>
    void socket.write(answer)
const ok = text('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')

async function postTo(answer: Answer, request: Partial<PostRequest> = {}) {
  const receiver = await startSocketReceiver(answer)
  const result = await poster.post({
    url: receiver.url,
    headers: {},
    body: '{}',
    timeoutMs: 4_000,
    ...request,
  })
  await receiver.close()
  return { ...result, requests: receiver.requests }
}

function repeat(socket: Socket, everyMs: number, chunk: string) {
  const timer = setInterval(() => socket.write(chunk), everyMs)
  socket.on('close', () => clearInterval(timer))
}

describe('an answer', () => {
  it('is kept with status, headers, body and the time of each phase', async () => {
    const result = await postTo(
      text('HTTP/1.1 201 Created\r\nx-a: 1\r\ncontent-length: 4\r\n\r\n\u00e9\u00e9'),
    )
    expect(result.response).toEqual({
      status: 201,
      headers: { 'x-a': '1', 'content-length': '4' },
      body: '\u00e9\u00e9',
      truncated: false,
    })
    expect(result.error).toBeUndefined()
    const { dnsMs, connectMs, tlsMs, ttfbMs, totalMs } = result.timings
    expect([dnsMs, tlsMs]).toEqual([null, null])
    expect(connectMs).toBeGreaterThan(0)
    expect(ttfbMs).toBeGreaterThan(0)
    // each is rounded
    expect(totalMs + 0.2).toBeGreaterThanOrEqual((connectMs ?? 0) + (ttfbMs ?? 0))
    expect(Math.abs(result.endedAt - Date.now())).toBeLessThan(1_000)
    expect(Math.abs(result.endedAt - result.startedAt - totalMs)).toBeLessThan(0.06)
  })

  it('gets the bytes as they are, the User-Agent, and no Accept-Encoding', async () => {
    const { requests } = await postTo(ok, {
      body: Buffer.from([0, 255, 13, 10]),
      headers: { 'x-b': '2' },
    })
    expect(requests[0]).toMatch(/\r\nx-b: 2\r\n/)
    expect(requests[0]).toMatch(/\r\nuser-agent: herald\/test\r\n/)
    expect(requests[0]).not.toMatch(/accept-encoding/i)
    expect(requests[0]?.endsWith('\r\n\r\n\u0000\u00ff\r\n')).toBe(true)
  })

  it('of 2xx whose body breaks off is still an answer', async () => {
    const result = await postTo((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart', () =>
        socket.resetAndDestroy(),
      )
    })
    expect(result.response?.status).toBe(200)
    expect(result.response?.truncated).toBe(true)
    expect(result.error).toBeUndefined()
  })

  it('of 2xx with a body that never ends is still an answer at the deadline', async () => {
    const result = await postTo(
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
        repeat(socket, 100, '1\r\nx\r\n')
      },
      { timeoutMs: 1_000 },
    )
    expect(result.response).toMatchObject({ status: 200, truncated: true })
    expect(result.response?.body).toMatch(/^x+$/)
    expect(result.error).toBeUndefined()
    expect(Math.abs(result.timings.totalMs - 1_000)).toBeLessThan(600)
  })

  it('is kept up to 16 KiB', async () => {
    const result = await postTo((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n')
      const more = () => {
        while (!socket.destroyed && socket.write('y'.repeat(65_536)));
      }
      socket.on('drain', more)
      more()
    })
    expect(result.response?.body).toBe('y'.repeat(16_384))
    expect(result.response?.truncated).toBe(true)
    expect(result.timings.totalMs).toBeLessThan(1_000)
  })

  it('is never inflated', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000))
    const head = `HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`
    const { response } = await postTo(text(Buffer.concat([Buffer.from(head), bomb])))
    expect(response?.body).toBe('[content-encoding: gzip, not shown]')
  })

  it('shows bytes that are not UTF-8 as escapes, and no half character at the cut', async () => {
    const bytes = Buffer.from('a\u00ff\u00e9b', 'latin1')
    const odd = await postTo(
      text(Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n'), bytes])),
    )
    expect(odd.response?.body).toBe('a\\xff\\xe9b')
    const long = Buffer.from(`z${'\u20ac'.repeat(6_000)}`)
    const head = `HTTP/1.1 200 OK\r\ncontent-length: ${long.length}\r\n\r\n`
    const cut = await postTo(text(Buffer.concat([Buffer.from(head), long])))
    expect(cut.response?.body).toBe(`z${'\u20ac'.repeat(5_461)}`.slice(0, 5_462))
  })

  it('with 5,000 headers keeps 64 of them and no cookie', async () => {
    const many = Array.from({ length: 900 }, (_, n) => `h${n}: v\r\n`).join('')
    const { response } = await postTo(
      text(`HTTP/1.1 200 OK\r\nset-cookie: a=b\r\n${many}content-length: 0\r\n\r\n`),
    )
    expect(Object.keys(response?.headers ?? {})).toHaveLength(64)
    expect(response?.headers).not.toHaveProperty('set-cookie')
    const tiny = Array.from({ length: 5_000 }, (_, n) => `${n}:\r\n`).join('')
    const result = await postTo(text(`HTTP/1.1 200 OK\r\n${tiny}content-length: 0\r\n\r\n`))
    expect(result.response?.status ?? result.error?.code).toSatisfy((is) =>
      [200, 'response_invalid'].includes(is as string),
    )
  })

  it('of a redirect is a failure, its Location shown without the query, and nobody follows it', async () => {
    const inner = await startSocketReceiver(ok)
    const to = `http://127.0.0.1:${inner.port}/secret`
    const result = await postTo(
      text(`HTTP/1.1 307 Moved\r\nlocation: ${to}?token=1\r\ncontent-length: 0\r\n\r\n`),
    )
    expect(result.error).toEqual({
      code: 'redirect_refused',
      detail: `redirects are not followed: 307 to ${to}`,
    })
    expect(result.response).toMatchObject({ status: 307, headers: { location: to } })
    expect(inner.connections()).toBe(0)
    await inner.close()
  })

  it.each([
    ['HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n', 'response_invalid'],
    ['HTTP/1.1 000 Zero\r\ncontent-length: 0\r\n\r\n', 'response_invalid'],
    ['HTTP/1.1 200 OK\r\nx: 1\r\n folded\r\n\r\n', 'response_invalid'],
    ['<html>hello</html>\r\n\r\n', 'response_invalid'],
    [`HTTP/1.1 200 OK\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`, 'response_invalid'],
  ])('that is not HTTP is one outcome: %j', async (answer, code) => {
    expect((await postTo(text(answer))).error?.code).toBe(code)
  })

  it.each([400, 404, 410, 429, 500, 503])(
    'with status %i is a response and no error',
    async (status) => {
      const result = await postTo(text(`HTTP/1.1 ${status} X\r\ncontent-length: 0\r\n\r\n`))
      expect([result.response?.status, result.error]).toEqual([status, undefined])
    },
  )
})

describe('a connection', () => {
  it('is reused, and its phases are then null', async () => {
    const receiver = await startSocketReceiver(ok)
    const request = { url: receiver.url, headers: {}, body: '{}', timeoutMs: 2_000 }
    const results = []
    for (let n = 0; n < 10; n++) results.push(await poster.post(request))
    expect(receiver.connections()).toBeLessThanOrEqual(2)
    const last = results.at(-1)?.timings
    expect(last).toMatchObject({ dnsMs: null, connectMs: null, tlsMs: null })
    expect(last?.ttfbMs).toBeGreaterThan(0)
    await receiver.close()
  })

  it('closed before any answer is reset, and the request is not sent again', async () => {
    const { error, requests } = await postTo((socket) => socket.resetAndDestroy())
    expect(error?.code).toBe('reset')
    expect(requests).toHaveLength(1)
    expect((await postTo((socket) => void socket.end())).error?.code).toBe('reset')
  })

  it('closed by the receiver while it was idle fails no POST', async () => {
    const receiver = await startSocketReceiver((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', () =>
        setTimeout(() => socket.destroy(), 1),
      )
    })
    const request = { url: receiver.url, headers: {}, body: '{}', timeoutMs: 2_000 }
    const results = []
    for (let n = 0; n < 100; n++) results.push(await poster.post(request))
    expect(results.filter(({ response }) => response?.status !== 200)).toEqual([])
    const again = results.filter(({ reconnected }) => reconnected).length
    expect(receiver.requests.length).toBeLessThanOrEqual(100 + again)
    await receiver.close()
  })

  it('refused by the receiver says so without the address', async () => {
    const receiver = await startSocketReceiver(ok)
    await receiver.close()
    const { error } = await poster.post({
      url: `http://localhost:${receiver.port}/`,
      headers: {},
      body: '',
      timeoutMs: 2_000,
    })
    expect(error?.code).toBe('connect_refused')
    expect(error?.detail).not.toContain('127.0.0.1')
  })
})

describe('interim responses', () => {
  it.each([undefined, () => true])('before an answer change nothing (gate: %s)', async (gate) => {
    const hints = 'HTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\n'
    const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'
    const result = await postTo(text(hints.repeat(3) + answer), { gate })
    expect([result.response?.body, result.error]).toEqual(['ok', undefined])
  })
})

describe('the deadline', () => {
  const silent: [string, Answer][] = [
    ['slow headers', (socket) => repeat(socket, 100, 'H')],
    [
      'an endless row of 103 responses',
      (socket) => repeat(socket, 90, 'HTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\n'),
    ],
    ['silence', () => undefined],
  ]
  it.each(silent)('ends an attempt with %s', async (name, answer) => {
    const slow = name === 'slow headers' ? text('HTTP/1.1 200 OK\r\nx: ') : answer
    const both: Answer = (socket, request) => {
      slow(socket, request)
      if (name === 'slow headers') repeat(socket, 100, 'a')
    }
    const { error, response, timings } = await postTo(both, { timeoutMs: 900 })
    expect([error?.code, response]).toEqual(['timeout', undefined])
    expect(Math.abs(timings.totalMs - 900)).toBeLessThan(600)
  })

  it('ends an attempt whose TLS handshake is never answered', async () => {
    const receiver = await startSocketReceiver(() => undefined)
    const url = `https://127.0.0.1:${receiver.port}/`
    const { error, timings } = await poster.post({ url, headers: {}, body: '{}', timeoutMs: 900 })
    expect(error?.code).toBe('timeout')
    expect(Math.abs(timings.totalMs - 900)).toBeLessThan(600)
    await receiver.close()
  })

  it('leaves 5 s for the connection, whatever the attempt has', async () => {
    const receiver = await startSocketReceiver(() => undefined)
    const url = `https://127.0.0.1:${receiver.port}/`
    const { error, timings } = await poster.post({
      url,
      headers: {},
      body: '{}',
      timeoutMs: 20_000,
    })
    expect(error?.code).toBe('connect_timeout')
    expect(Math.abs(timings.totalMs - 5_000)).toBeLessThan(600)
    await vi.waitFor(() => expect(receiver.open()).toBe(0))
    await receiver.close()
  })

  it('passed while the connection was made: the late request is never sent', async () => {
    let release = () => {}
    const released = new Promise<void>((resolve) => (release = resolve))
    const resolver = {
      resolve4: () => released.then(() => ['127.0.0.1']),
      resolve6: () => Promise.resolve([]),
    }
    const slowGuard = createAddressGuard({
      allowCidrs: ['127.0.0.0/8'],
      denyCidrs: [],
      allowHosts: [],
      allowHttp: true,
      resolver,
    })
    const slow = createPoster({ guard: slowGuard, userAgent: 'herald/test' })
    const receiver = await startSocketReceiver(ok)
    const request = { url: `http://slow.example.net:${receiver.port}/`, headers: {}, body: '{}' }
    const { error } = await slow.post({ ...request, timeoutMs: 200 })
    expect(error?.code).toBe('timeout')
    release()
    await vi.waitFor(() => expect(receiver.connections()).toBe(1))
    const next = await slow.post({ ...request, body: '{"next":1}', timeoutMs: 2_000 })
    expect(next.response?.status).toBe(200)
    expect(receiver.requests.map((sent) => sent.split('\r\n\r\n')[1])).toEqual(['{"next":1}'])
    await Promise.all([slow.close(), receiver.close()])
  })

  it('and a signal that gives up leave an unknown outcome; before the start nothing is sent', async () => {
    const giveUp = new AbortController()
    const { error, requests } = await postTo(() => giveUp.abort(), { signal: giveUp.signal })
    expect([error?.code, requests.length]).toEqual(['unknown', 1])
    const never = await postTo(ok, { signal: AbortSignal.abort() })
    expect([never.error?.code, never.requests.length]).toEqual(['unknown', 0])
  })
})

describe('TLS', () => {
  const certificate = newCertificate()
  afterAll(certificate.remove)

  async function startTlsReceiver() {
    const names: unknown[] = []
    const server = createTlsServer(certificate.server, (request, response) => {
      names.push((request.socket as { servername?: unknown }).servername)
      response.end('ok')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return { server, names, port: (server.address() as AddressInfo).port }
  }

  it('is always verified: an unknown certificate ends the attempt before a byte of HTTP', async () => {
    const { server, names, port } = await startTlsReceiver()
    const { error } = await poster.post({
      url: `https://localhost:${port}/`,
      headers: {},
      body: '',
      timeoutMs: 3_000,
    })
    expect(error?.code).toBe('tls_error')
    expect(error?.detail).toContain('DEPTH_ZERO_SELF_SIGNED_CERT')
    expect(names).toEqual([])
    server.close()
  })

  it('takes an authority of the operator, checks the name, and ignores a Host header for it', async () => {
    const { server, names, port } = await startTlsReceiver()
    const post = new URL('post-once.ts', import.meta.url).pathname
    const child = spawn(process.execPath, ['--import', 'tsx', post, String(port)], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: certificate.file },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let printed = ''
    child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
    await once(child, 'close')
    expect(JSON.parse(printed)).toEqual([
      { status: 200, tls: true },
      { code: 'tls_error', tls: false },
      { code: 'tls_error', tls: false },
    ])
    expect(names).toEqual(['localhost'])
    server.close()
  })
})
