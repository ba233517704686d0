import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clientAddressOf } from '../../../src/api/limits/client-address.ts'

const from = (remoteAddress: string, forwarded?: string | string[]) => ({
  socket: { remoteAddress },
  headers: { 'x-forwarded-for': forwarded as string },
})

describe('who sent a request', () => {
  const trusted = ['10.0.0.0/8', '127.0.0.1/32', 'fd00::/8']

  it.each([
    ['203.0.113.7', undefined, '203.0.113.7'],
    ['::ffff:203.0.113.7', '198.51.100.1', '203.0.113.7'],
    ['203.0.113.7', '198.51.100.1', '203.0.113.7'],
    ['10.0.0.1', undefined, '10.0.0.1'],
    ['10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['10.0.0.1', '192.0.2.1, 198.51.100.1', '198.51.100.1'],
    ['10.0.0.1', '192.0.2.1,198.51.100.1 , 10.9.9.9,127.0.0.1', '198.51.100.1'],
    ['10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['10.0.0.1', '198.51.100.1, unknown', '10.0.0.1'],
    ['10.0.0.1', '198.51.100.1, unknown, 10.0.0.2', '10.0.0.2'],
    ['10.0.0.1', '198.51.100.1:4711', '198.51.100.1'],
    ['10.0.0.1', '[2001:db8:1:2:3::4]:4711', '2001:db8:1:2::/64'],
    ['fd00::1', '2001:db8:1:2:ffff::1', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '198.51.100.1', '2001:db8:1:2::/64'],
    ['10.0.0.1', '', '10.0.0.1'],
  ])('from %s with %j is %s', (remote, forwarded, client) => {
    expect(clientAddressOf(trusted)(from(remote, forwarded))).toBe(client)
  })

  it('is the connection where no proxy is trusted, whatever is said', () => {
    fc.assert(
      fc.property(fc.string(), (said) => {
        expect(clientAddressOf([])(from('10.0.0.1', said))).toBe('10.0.0.1')
      }),
    )
  })

  it('a network that is none stops the start and says what to change', () => {
    expect(() => clientAddressOf(['10.0.0.1'])).toThrow('TRUSTED_PROXIES')
  })
})
