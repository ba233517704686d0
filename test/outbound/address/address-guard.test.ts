import { describe, expect, it } from 'vitest'
import {
  createAddressGuard,
  type GuardOptions,
} from '../../../src/outbound/address/address-guard.ts'
import { createPoster } from '../../../src/outbound/post.ts'
import { startNameServer } from './name-server.ts'
import { startSocketReceiver } from '../connect/socket-receiver.ts'

function guardWith(options: Partial<GuardOptions> & { answers?: string[] } = {}) {
  const { answers = [], ...rest } = options
  const resolver = { resolve4: () => Promise.resolve(answers), resolve6: () => Promise.resolve([]) }
  return createAddressGuard({
    allowCidrs: [],
    denyCidrs: [],
    allowHosts: [],
    allowHttp: true,
    resolver,
    ...rest,
  })
}

describe('what an operator allows', () => {
  it.each([
    [['127.0.0.0/8'], '127.0.0.1', 9_000, 'allowed'],
    [['127.0.0.0/8:9000'], '127.0.0.1', 9_000, 'allowed'],
    [['127.0.0.0/8:9000'], '127.0.0.1', 9_001, 'refused'],
    [['[::1]/128:9000'], '::1', 9_000, 'allowed'],
    [['::1/128'], '::1', 1, 'allowed'],
    [['127.0.0.0/8'], '::ffff:127.0.0.1', 443, 'refused'],
    [['fe80::/10'], 'fe80::1%eth0', 443, 'refused'],
    [[], '8.8.8.8', 443, 'public'],
    [[], 'nonsense', 443, 'refused'],
  ] as const)('with %j, %s port %i is %s', (allowCidrs, address, port, verdict) => {
    expect(guardWith({ allowCidrs }).classify(address, port)).toBe(verdict)
  })

  it('a denied network is refused though it is public, or allowed', () => {
    const guard = guardWith({ denyCidrs: ['8.8.8.0/24'], allowCidrs: ['8.8.0.0/16'] })
    expect(guard.classify('8.8.8.8', 443)).toBe('refused')
    expect(guard.classify('8.8.4.4', 443)).toBe('allowed')
  })

  it.each([
    ['10.0.0.0', 'add the prefix length'],
    ['10.0.0.1/8', '10.0.0.0/8'],
    ['10.0.0.0/33', '0 to 32'],
    ['10.0.0.0/8:0', '1 to 65535'],
    ['0x7f.1/8', 'write for example'],
    ['example.com/8', 'write for example'],
  ])('the malformed network %s stops the start and says what to change', (cidr, advice) => {
    expect(() => guardWith({ allowCidrs: [cidr] })).toThrow(advice)
    expect(() => guardWith({ denyCidrs: [cidr] })).toThrow('OUTBOUND_DENY_CIDRS')
  })

  it('an allowed network opens the ports of databases and the like only where it names them', async () => {
    const allowed = guardWith({ allowCidrs: ['127.0.0.0/8', '10.0.0.0/8:6379'] })
    for (const port of [22, 3306, 5432, 6379, 7233, 7243, 27_017]) {
      for (const host of ['127.0.0.1', '127.9.9.9', 'localhost', '8.8.8.8']) {
        const checked = await allowed.checkTarget(`http://${host}:${port}/`)
        expect(checked).toMatchObject({ ok: false, code: 'url_port' })
      }
    }
    expect(allowed.checkUrl('http://127.0.0.1:9000/').ok).toBe(true)
    expect(allowed.checkUrl('http://10.0.0.1:6379/').ok).toBe(true)
    expect(allowed.checkUrl('http://10.0.0.1:5432/')).toMatchObject({ code: 'addr_not_public' })
    expect(allowed.checkUrl('http://127.1/')).toMatchObject({ code: 'url_ip_noncanonical' })
  })

  it('localhost is allowed with loopback, and otherwise refused', async () => {
    const allowed = await guardWith({ allowCidrs: ['127.0.0.0/8'] }).resolve('localhost', 80)
    expect(allowed).toEqual({ ok: true, addresses: ['127.0.0.1'] })
    const other = await guardWith({ allowCidrs: ['10.0.0.0/8'] }).checkTarget('http://localhost/')
    expect(other).toMatchObject({ ok: false, code: 'url_host_special' })
  })

  it('a special name or port holds only if all that it resolves to is allowed', async () => {
    const allowCidrs = ['10.0.0.0/8', '10.0.0.0/24:6379']
    const inside = guardWith({ allowCidrs, answers: ['10.0.0.1', '10.0.0.2'] })
    expect(await inside.checkTarget('http://queue.internal:6379/')).toMatchObject({ ok: true })
    const half = guardWith({ allowCidrs, answers: ['10.0.0.1', '10.0.1.1'] })
    expect(await half.checkTarget('http://queue.internal:6379/')).toMatchObject({
      code: 'url_port',
    })
    const mixed = guardWith({ allowCidrs, answers: ['10.0.0.1', '93.184.215.14'] })
    expect(await mixed.checkTarget('http://a.internal/')).toMatchObject({
      code: 'url_host_special',
    })
    expect(await mixed.checkTarget('http://a.example.com:22/')).toMatchObject({ code: 'url_port' })
    expect(await mixed.checkTarget('http://a.example.com/')).toMatchObject({ ok: true })
  })

  it('an allowed host name is resolved by the operating system, whatever its address', async () => {
    const guard = guardWith({ allowHosts: ['localhost', 'LocalHost.:6379', '[::1]:8443'] })
    expect(await guard.checkTarget('http://localhost:6379/')).toMatchObject({ ok: true })
    expect(await guard.checkTarget('http://localhost:5432/')).toMatchObject({ code: 'url_port' })
    expect(await guard.checkTarget('http://[::1]:8443/')).toMatchObject({ ok: true })
    expect(await guard.checkTarget('http://[::1]:8444/')).toMatchObject({ code: 'addr_not_public' })
    const one = guardWith({ allowHosts: ['localhost:9000'] })
    expect(await one.checkTarget('http://localhost:9000/')).toMatchObject({ ok: true })
    expect(await one.checkTarget('http://localhost:9001/')).toMatchObject({
      code: 'url_host_special',
    })
    const resolved = await guard.resolve('localhost', 80)
    expect(resolved.ok && resolved.addresses).toContain('127.0.0.1')
  })

  it('at most 16 addresses are tried', async () => {
    const answers = Array.from({ length: 40 }, (_, last) => `8.8.8.${last}`)
    const resolved = await guardWith({ answers }).resolve('many.example.com', 443)
    expect(resolved.ok && resolved.addresses).toHaveLength(16)
  })
})

describe('names on live name servers', () => {
  it('a name that turns private after it was saved gets not one byte', async () => {
    const receiver = await startSocketReceiver((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'))
    let answer = ['93.184.215.14']
    const names = await startNameServer(() => answer)
    const guard = guardWith({ resolver: names.resolver })
    const url = `http://rebind.example.net:${receiver.port}/`
    expect(await guard.checkTarget(url)).toEqual({ ok: true, url })
    answer = ['127.0.0.1']
    const poster = createPoster({ guard, userAgent: 'herald/test' })
    const { error } = await poster.post({ url, headers: {}, body: '{}', timeoutMs: 2_000 })
    expect(error?.code).toBe('destination_refused')
    expect(error?.final).toBeUndefined()
    expect(receiver.connections()).toBe(0)
    await Promise.all([poster.close(), receiver.close()])
    names.close()
  })

  it('Host is the name while the connection goes to the checked address; search domains never apply', async () => {
    const receiver = await startSocketReceiver((socket) =>
      socket.end('HTTP/1.1 204 No Content\r\n\r\n'),
    )
    const names = await startNameServer(() => ['127.0.0.1'])
    const guard = guardWith({ resolver: names.resolver, allowCidrs: ['127.0.0.0/8'] })
    const poster = createPoster({ guard, userAgent: 'herald/test' })
    const url = `http://pinned.example.net:${receiver.port}/x?y=1`
    const { response, timings } = await poster.post({
      url,
      headers: {},
      body: '{}',
      timeoutMs: 2_000,
    })
    expect(response?.status).toBe(204)
    expect(timings.dnsMs).toBeGreaterThan(0)
    expect(receiver.requests[0]).toMatch(
      /^POST \/x\?y=1 HTTP\/1\.1\r\nhost: pinned\.example\.net:\d+\r\n/i,
    )
    expect(new Set(names.questions)).toEqual(new Set(['pinned.example.net']))
    await Promise.all([poster.close(), receiver.close()])
    names.close()
  })

  it('silent name servers hold up neither the deadline nor other names', async () => {
    const names = await startNameServer((name) =>
      name.startsWith('dead') ? 'silence' : ['127.0.0.1'],
    )
    const guard = guardWith({ resolver: names.resolver, allowCidrs: ['127.0.0.0/8'] })
    const poster = createPoster({ guard, userAgent: 'herald/test' })
    const dead = Array.from({ length: 20 }, (_, n) =>
      poster.post({ url: `http://dead${n}.example.net/`, headers: {}, body: '{}', timeoutMs: 700 }),
    )
    const begunAt = performance.now()
    expect(await guard.resolve('good.example.net', 80)).toMatchObject({ ok: true })
    expect(performance.now() - begunAt).toBeLessThan(500)
    for (const { error, timings } of await Promise.all(dead)) {
      expect(error?.code).toBe('timeout')
      expect(timings.totalMs).toBeLessThan(1_300)
    }
    await poster.close()
    names.close()
  })

  it('a failing name server is a dns_error and a warning on save; it recovers by itself', async () => {
    let failing = true
    const names = await startNameServer(() => (failing ? 'servfail' : ['93.184.215.14']))
    const guard = guardWith({ resolver: names.resolver })
    const url = 'http://later.example.net/'
    expect(await guard.checkTarget(url)).toMatchObject({ ok: true, warning: { code: 'dns_error' } })
    failing = false
    expect(await guard.checkTarget(url)).toEqual({ ok: true, url })
    names.close()
  })
})
