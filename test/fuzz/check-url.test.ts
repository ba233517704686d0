import { BlockList, isIP, isIPv6 } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAddressGuard } from '../../src/outbound/address/address-guard.ts'
import { fuzz, mangled } from '../support/strangers/fuzz.ts'

const CODES =
  /^(url_(invalid|scheme|userinfo|fragment|port|host_special|ip_noncanonical)|addr_not_public)$/
const RESERVED = (
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 ' +
  '192.0.2.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 ' +
  '240.0.0.0/4 168.63.129.16/32 2001::/23 2001:db8::/32 2002::/16 3fff::/20'
).split(' ')

/** Node's own address arithmetic, so that herald's is judged by another one. */
const reserved = new BlockList()
for (const cidr of RESERVED) {
  const [network = '', bits] = cidr.split('/')
  reserved.addSubnet(network, Number(bits), isIPv6(network) ? 'ipv6' : 'ipv4')
}
const globalUnicast = new BlockList()
globalUnicast.addSubnet('2000::', 3, 'ipv6')

function isReserved(address: string): boolean {
  if (isIP(address) === 4) return reserved.check(address, 'ipv4')
  return reserved.check(address, 'ipv6') || !globalUnicast.check(address, 'ipv6')
}

let answers: string[] = []
const guard = createAddressGuard({
  allowCidrs: [],
  denyCidrs: [],
  allowHosts: [],
  allowHttp: false,
  resolver: {
    resolve4: () => Promise.resolve(answers.filter((address) => isIP(address) === 4)),
    resolve6: () => Promise.resolve(answers.filter((address) => isIP(address) === 6)),
  },
})

const octet = fc.oneof(fc.nat(255), fc.constantFrom(0, 10, 127, 169, 172, 192, 254))
const spelledOctet = octet.chain((value) =>
  fc.constantFrom(`${value}`, `0x${value.toString(16)}`, `0${value.toString(8)}`),
)
const spelledIpv4 = fc.oneof(
  fc.array(spelledOctet, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.')),
  fc.nat(0xff_ff_ff_ff).map(String),
  fc.nat(0xff_ff_ff_ff).map((value) => `0x${value.toString(16)}`),
  fc.ipV4Extended(),
)
/** The first address of each reserved network, where an off-by-one would show. */
const edges = fc.constantFrom(...RESERVED).map((cidr) => cidr.split('/')[0] ?? '')
const literals = fc.oneof(
  edges.map((address) => (isIPv6(address) ? `[${address}]` : address)),
  spelledIpv4,
  spelledIpv4.map((address) => `${address}.`),
  fc.ipV6().map((address) => `[${address}]`),
  fc.ipV4().map((address) => `[::ffff:${address}]`),
  fc.ipV4().map((address) => `[64:ff9b::${address}]`),
)
const names = fc.oneof(
  fc.domain(),
  fc.constantFrom('localhost', 'a.local', 'metadata', 'xn--a', 'ⓛocalhost', '127。0。0。1', 'a..b'),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
)
const urls = fc
  .record({
    scheme: fc.constantFrom('https://', 'HTTPS://', 'http://', 'https:', 'ftp://', '//', ''),
    user: fc.constantFrom('', '', '', '', 'u@', 'u:p@'),
    host: fc.oneof(literals, names),
    port: fc.oneof(
      fc.constant(''),
      fc.nat(70_000).map((port) => `:${port}`),
    ),
    path: fc.oneof(fc.constantFrom('', '/', '/a?b=c', '#x'), fc.webPath()),
  })
  .map(({ scheme, user, host, port, path }) => scheme + user + host + port + path)
const texts = fc.oneof(urls, mangled(urls), fc.webUrl(), fc.string({ unit: 'binary' }))

describe('the URL check, fuzzed', () => {
  it('takes only https URLs without user, fragment and reserved address, whatever the text', () =>
    fuzz(
      'URL text',
      fc.property(texts, (text) => {
        const checked = guard.checkUrl(text)
        if (!checked.ok) {
          expect(checked.code).toMatch(CODES)
          return
        }
        const { protocol, username, password, hash, hostname, href } = checked.url
        expect([protocol, username, password, hash]).toEqual(['https:', '', '', ''])
        expect(text).toMatch(/^https:\/\/[^/?#@%\\\s]+/i)
        expect(text.split(/[/?]/)[2]).not.toMatch(/[@%\\]/)
        const address = hostname.replace(/^\[(.*)\]$/, '$1')
        if (isIP(address)) expect(isReserved(address), address).toBe(false)
        else expect(hostname).toMatch(/^[^.]+(\.[^.]+)+$/)
        const again = guard.checkUrl(href)
        expect(again.ok && again.url.href).toBe(href)
      }),
    ))

  it('refuses a reserved address in every spelling', () =>
    fuzz(
      'address spellings',
      fc.property(literals, (literal) => {
        const text = `https://${literal}/`
        const address = URL.canParse(text) && new URL(text).hostname.replace(/^\[(.*)\]$/, '$1')
        if (!address || (isIP(address) && isReserved(address)))
          expect(guard.checkUrl(text).ok).toBe(false)
      }),
    ))

  it('connects to no name that has one reserved address among its answers', () =>
    fuzz(
      'DNS answers',
      fc.asyncProperty(
        fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), edges), { minLength: 1, maxLength: 20 }),
        async (given) => {
          answers = given
          const resolved = await guard.resolve('hooks.example.com', 443)
          if (given.some(isReserved)) expect(resolved.ok).toBe(false)
          if (resolved.ok) expect(resolved.addresses.some(isReserved)).toBe(false)
        },
      ),
    ))
})
