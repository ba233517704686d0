import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import { createAddressGuard } from '../../src/outbound/address-guard.ts'
import { originOf } from '../../src/outbound/own-origins.ts'
import { createPoster } from '../../src/outbound/post.ts'
import { startSocketReceiver } from './socket-receiver.ts'

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

describe('the start', () => {
  it('is refused where Node would take any certificate', () => {
    expect(() => loadConfig({ NODE_TLS_REJECT_UNAUTHORIZED: '0' })).toThrow('NODE_EXTRA_CA_CERTS')
    expect(loadConfig({ NODE_TLS_REJECT_UNAUTHORIZED: '1' }).PORT).toBe(8080)
  })
})
