import { networkInterfaces } from 'node:os'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../../src/config.ts'
import { createAddressGuard } from '../../../src/outbound/address/address-guard.ts'
import { ownListeners } from '../../../src/outbound/address/own-listeners.ts'
import { originOf, OwnOrigins } from '../../../src/outbound/address/own-origins.ts'
import { createPoster } from '../../../src/outbound/post.ts'
import { startSocketReceiver } from '../connect/socket-receiver.ts'

/** The IPv4 addresses of this machine; loopback is one. */
function interfaceAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((one) => one ?? [])
  return all.filter(({ family }) => family === 'IPv4').map(({ address }) => address)
}

/** Everything is allowed but what the operator cannot allow: herald itself. */
function guardOf(own: string[], answers = ['127.0.0.1']) {
  const guard = createAddressGuard({
    allowCidrs: ['0.0.0.0/0', '::/0'],
    denyCidrs: [],
    allowHosts: ['localhost'],
    allowHttp: true,
    resolver: {
      resolve4: () => Promise.resolve(answers),
      resolve6: () => Promise.resolve([]),
    },
  })
  for (const origin of own) guard.addOwnOrigin(origin)
  return guard
}

describe('an origin of herald itself', () => {
  it.each([
    ['https://herald.example.com', 'https://herald.example.com/v1/events'],
    ['https://herald.example.com', 'https://HERALD.example.com.:443/'],
    ['https://herald.example.com/base/', 'https://herald.example.com/other'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080/v1/events'],
    ['http://127.0.0.1:8080', 'http://localhost:8080/'],
    ['http://127.0.0.1:8080', 'http://0.0.0.0:8080/'],
    ['http://127.0.0.1:8080', 'http://[::ffff:127.0.0.1]:8080/'],
    ['http://127.0.0.1:8080', 'http://any.name.example.net:8080/'],
    ['http://0.0.0.0:8080', 'http://127.0.0.1:8080/'],
    ['http://[::]:8080', 'http://[::1]:8080/'],
    ['http://localhost:8080', 'http://[::1]:8080/'],
    ['http://localhost:8080', 'http://127.0.0.1:8080/'],
    ['http://127.0.0.1:8080', 'http://127.0.0.2:8080/'],
    ['http://127.0.0.1:8080', 'http://127.255.255.254:8080/'],
    ['http://127.0.0.1:8080', 'http://[::1]:8080/'],
    ['http://[::1]:8080', 'http://127.0.0.1:8080/'],
    ['http://127.0.0.1:8080', 'http://[::ffff:7f00:2]:8080/'],
    ['http://127.0.0.1:8080', 'http://a.localhost:8080/'],
    ...interfaceAddresses().map((address) => ['http://127.0.0.1:8080', `http://${address}:8080/`]),
    ...interfaceAddresses().map((address) => [`http://${address}:8080`, 'http://127.0.0.3:8080/']),
  ])('%s is no target: %s', async (own, url) => {
    expect(await guardOf([own]).checkTarget(url)).toMatchObject({
      ok: false,
      code: 'url_own_origin',
    })
  })

  it.each([
    ['https://herald.example.com', 'https://herald.example.com:8443/'],
    ['https://herald.example.com', 'https://www.herald.example.com/'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8081/'],
  ])('%s leaves %s a target', async (own, url) => {
    expect(await guardOf([own]).checkTarget(url)).toMatchObject({ ok: true })
  })

  it('behind a private address stays unknown to those who may not reach it', async () => {
    const guard = createAddressGuard({
      allowCidrs: [],
      denyCidrs: [],
      allowHosts: [],
      allowHttp: true,
    })
    guard.addOwnOrigin('http://127.0.0.1:8080')
    for (const port of [8080, 8081])
      expect(await guard.checkTarget(`http://127.0.0.1:${port}/`)).toMatchObject({
        code: 'addr_not_public',
      })
  })

  it('is written with brackets where it is an IPv6 address', () => {
    expect([originOf('127.0.0.1', 80), originOf('::', 8080)]).toEqual([
      'http://127.0.0.1:80',
      'http://[::]:8080',
    ])
  })

  it('gets no connection from a stored webhook, whose name leads there now', async () => {
    const herald = await startSocketReceiver((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'))
    const poster = createPoster({
      guard: guardOf([originOf('127.0.0.1', herald.port)]),
      userAgent: 'herald/test',
    })
    for (const host of ['127.0.0.1', 'localhost', 'moved.example.net']) {
      const url = `http://${host}:${herald.port}/v1/events`
      const { error } = await poster.post({ url, headers: {}, body: '{}', timeoutMs: 2_000 })
      expect(error).toMatchObject({
        code: 'destination_refused',
        detail: 'herald does not send to itself',
      })
    }
    expect(herald.connections()).toBe(0)
    await Promise.all([poster.close(), herald.close()])
  })
})

describe('the servers of herald', () => {
  const env = {
    HOST: '127.0.0.1',
    PORT: '8080',
    METRICS_PORT: '9464',
    MONGODB_URI: 'mongodb://user:p%40ss@db-1:27117,[fd00::7]:27118,db-2/herald?replicaSet=rs0',
    OUTBOUND_DENY_ADDRESSES: '10.0.0.9:8443, [::1]:7777',
  }
  const listeners = (more: Record<string, string> = {}, temporal = '127.0.0.1:7233') =>
    ownListeners(loadConfig({ ...env, ...more }), temporal)

  it('are the API, metrics, MongoDB, Temporal with HTTP and web interface, and what is denied by hand', () => {
    expect(listeners()).toEqual([
      'http://127.0.0.1:8080',
      'http://127.0.0.1:9464',
      'http://127.0.0.1:7233',
      'http://127.0.0.1:7243',
      'http://127.0.0.1:8233',
      'http://db-1:27117',
      'http://[fd00::7]:27118',
      'http://db-2:27017',
      'http://10.0.0.9:8443',
      'http://[::1]:7777',
    ])
    const more = {
      PUBLIC_URL: 'https://herald.example.com',
      TEMPORAL_UI_URL: 'https://temporal.example.com',
      EGRESS_PROXY_URL: 'http://proxy:4750',
      MONGODB_URI: 'mongodb://%2Ftmp%2Fmongodb.sock/herald',
      PORT: '0',
      METRICS_PORT: '0',
      OUTBOUND_DENY_ADDRESSES: '',
    }
    expect(listeners(more, 'temporal')).toEqual([
      'https://herald.example.com',
      'https://temporal.example.com',
      'http://proxy:4750',
      'http://temporal:7233',
      'http://temporal:7243',
    ])
  })

  it.each(['127.0.0.1', '127.0.0.2', '0.0.0.0', '[::1]', 'localhost', 'any.name.example.net'])(
    'are no targets by the host %s, whatever is allowed',
    async (host) => {
      const own = ownListeners(
        loadConfig({ ...env, MONGODB_URI: 'mongodb://127.0.0.1:27118/herald' }),
        '127.0.0.1:17233',
      )
      const guard = guardOf([...own, 'http://127.0.0.1:17243'])
      for (const port of [8080, 9464, 27_118, 17_233, 17_243, 7_777])
        expect(await guard.checkTarget(`http://${host}:${port}/`)).toMatchObject({
          ok: false,
          code: 'url_own_origin',
        })
    },
  )

  it('are no targets by the addresses that their names lead to, as they are now', async () => {
    const answers: Record<string, string[]> = { mongo: ['10.0.0.5'], temporal: ['127.0.1.1'] }
    const asked: string[] = []
    const own = new OwnOrigins((name) => {
      asked.push(name)
      return Promise.resolve({ addresses: answers[name] ?? [] })
    })
    own.add('http://mongo:27117')
    own.add('http://temporal:17233')
    expect(await own.leadTo(['a.example.com', '10.0.0.5'], 27_117)).toBe(true)
    expect(await own.leadTo(['::ffff:10.0.0.5'], 27_117)).toBe(true)
    expect(await own.leadTo(['10.0.0.6'], 27_117)).toBe(false)
    expect(await own.leadTo(['10.0.0.5'], 27_118)).toBe(false)
    expect(await own.leadTo(['127.0.0.1'], 17_233)).toBe(true)
    expect(asked).toEqual(['mongo', 'temporal'])
  })

  it.each(['10.0.0.1', 'host:0', 'a b:1', 'host:http', '::1:80'])(
    'cannot be denied as %j',
    (address) => {
      expect(() => loadConfig({ OUTBOUND_DENY_ADDRESSES: address })).toThrow('host:port')
    },
  )
})

describe('the start', () => {
  it('is refused where Node would take any certificate', () => {
    expect(() => loadConfig({ NODE_TLS_REJECT_UNAUTHORIZED: '0' })).toThrow('NODE_EXTRA_CA_CERTS')
    expect(loadConfig({ NODE_TLS_REJECT_UNAUTHORIZED: '1' }).PORT).toBe(8080)
  })
})
