import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { configSummary, loadConfig } from '../../../src/config.ts'
import { createAddressGuard } from '../../../src/outbound/address/address-guard.ts'
import { parseEgressProxy } from '../../../src/outbound/connect/egress-proxy.ts'
import { createPoster, type Poster } from '../../../src/outbound/post.ts'
import { startConnectProxy } from './connect-proxy.ts'
import { startSocketReceiver } from './socket-receiver.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
})

async function proxied(answer?: (socket: Socket) => void, answers = ['93.184.215.14']) {
  const proxy = await startConnectProxy(answer)
  const poster = posterThrough(proxy.url, answers)
  open.push(proxy)
  return { proxy, post: (url: string) => postThrough(poster, url) }
}

function posterThrough(proxyUrl: string, answers: string[]) {
  const guard = createAddressGuard({
    allowCidrs: [],
    denyCidrs: [],
    allowHosts: [],
    allowHttp: true,
    resolver: { resolve4: () => Promise.resolve(answers), resolve6: () => Promise.resolve([]) },
  })
  const poster = createPoster({
    guard,
    userAgent: 'herald/test',
    proxy: parseEgressProxy(proxyUrl),
  })
  open.push(poster)
  return poster
}

const postThrough = (poster: Poster, url: string) =>
  poster.post({ url, headers: {}, body: '{"a":1}', timeoutMs: 2_000 })

async function startTarget() {
  const target = await startSocketReceiver((socket) =>
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'),
  )
  open.push(target)
  return target
}

describe('behind an egress proxy', () => {
  it('a request goes through it by the name of its host, and its connection is used again', async () => {
    const target = await startTarget()
    const { proxy, post } = await proxied()
    const url = `http://hooks.example.net:${target.port}/x`
    for (let n = 0; n < 3; n++) expect((await post(url)).response).toMatchObject({ body: 'ok' })
    expect([...new Set(proxy.heads)]).toEqual([
      `CONNECT hooks.example.net:${target.port} HTTP/1.1\r\nHost: hooks.example.net:${target.port}\r\n\r\n`,
    ])
    expect(proxy.connections()).toBeLessThanOrEqual(2)
    expect(target.requests[0]).toMatch(/^POST \/x HTTP\/1\.1\r\nhost: hooks\.example\.net/i)
    expect(target.requests).toHaveLength(3)
  })

  it('a name that only the proxy can resolve is left to it', async () => {
    const target = await startTarget()
    const { post } = await proxied(undefined, [])
    const { response } = await post(`http://inner.example.net:${target.port}/`)
    expect(response?.status).toBe(200)
  })

  it.each([
    ['http://127.0.0.1/', []],
    ['http://queue.internal/', []],
    ['http://hooks.example.net:22/', ['93.184.215.14']],
    ['http://hooks.example.net/', ['10.0.0.1']],
    ['http://hooks.example.net/', ['93.184.215.14', '::ffff:10.0.0.1']],
  ])('%s with addresses %j is refused before the proxy hears of it', async (url, answers) => {
    const { proxy, post } = await proxied(undefined, answers)
    expect((await post(url)).error?.code).toBe('destination_refused')
    expect(proxy.connections()).toBe(0)
  })

  it('TLS is between herald and the receiver, and names its host', async () => {
    const received: Buffer[] = []
    const { post } = await proxied((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      socket.on('data', (chunk) => {
        received.push(chunk)
        socket.write('HTTP/1.1 400 This is plain HTTP\r\n\r\n')
      })
    })
    expect((await post('https://hooks.example.net/')).error?.code).toBe('tls_error')
    expect(received[0]?.[0]).toBe(0x16)
    expect(received[0]?.includes('hooks.example.net')).toBe(true)
  })

  it('credentials of its URL go to the proxy alone, and not into the log', async () => {
    const target = await startTarget()
    const { proxy } = await proxied()
    const url = proxy.url.replace('//', '//me:p%40ss@')
    const { response } = await postThrough(
      posterThrough(url, []),
      `http://a.example.net:${target.port}/`,
    )
    expect(response?.status).toBe(200)
    const credentials = Buffer.from('me:p@ss').toString('base64')
    expect(proxy.heads[0]).toContain(`\r\nProxy-Authorization: Basic ${credentials}\r\n`)
    expect(target.requests[0]).not.toMatch(/proxy-authorization/i)
    const summary = configSummary(loadConfig({ EGRESS_PROXY_URL: url }))
    expect(summary['EGRESS_PROXY_URL']).toBe(proxy.url.replace('//', '//…@'))
  })

  it.each([
    ['403 Forbidden\r\n', 'destination_refused'],
    ['407 Denied\r\nX-Smokescreen-Error: denied by rule\r\n', 'destination_refused'],
    ['407 Proxy Authentication Required\r\n', 'proxy_error'],
    ['400 Bad Request\r\n', 'proxy_error'],
    ['500 Oops\r\n', 'proxy_error'],
    ['502 Bad Gateway\r\n', 'network_error'],
    ['503 Unavailable\r\n', 'network_error'],
    ['504 Gateway Timeout\r\n', 'connect_timeout'],
  ])('its answer %j is %s', async (line, code) => {
    const { post } = await proxied((socket) => socket.end(`HTTP/1.1 ${line}\r\n`))
    const { error, response } = await post('http://hooks.example.net/')
    expect([error?.code, error?.final, response]).toEqual([code, undefined, undefined])
  })

  const faults: [string, (socket: Socket) => void][] = [
    ['closes', (socket) => socket.destroy()],
    ['resets', (socket) => socket.resetAndDestroy()],
    ['speaks no HTTP', (socket) => socket.end('220 mail\r\n\r\n')],
    ['sends without end', (socket) => socket.write('x'.repeat(20_000))],
    ['answers for the receiver', (socket) => socket.write('HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200')],
  ]
  it.each(faults)('a proxy that %s is a proxy_error', async (_name, answer) => {
    const { post } = await proxied(answer)
    expect((await post('http://hooks.example.net/')).error?.code).toBe('proxy_error')
  })

  it('a proxy that is not there is a proxy_error', async () => {
    const gone = await startConnectProxy()
    await gone.close()
    const { error } = await postThrough(posterThrough(gone.url, []), 'http://hooks.example.net/')
    expect(error).toEqual({ code: 'proxy_error', detail: 'the egress proxy could not be reached' })
  })

  it.each(['https://proxy:4750', 'proxy:4750', 'http://proxy:4750/path', 'http://:4750'])(
    '%s is no EGRESS_PROXY_URL',
    (url) => {
      expect(() => loadConfig({ EGRESS_PROXY_URL: url })).toThrow('EGRESS_PROXY_URL')
    },
  )
})
