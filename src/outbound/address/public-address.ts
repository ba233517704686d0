import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

const cidrs = (text: string) => text.split(' ').map((cidr) => ipaddr.parseCIDR(cidr))

/** Not public by the IANA special-purpose registries, and 168.63.129.16 (Azure's wire server). */
const DENIED_IPV4 = cidrs(
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 ' +
    '192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 ' +
    '198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 168.63.129.16/32',
)
/** The only IPv6 block that IANA gives out as global unicast; what lies outside is mapped, local or unallocated. */
const GLOBAL_IPV6 = cidrs('2000::/3')
const DENIED_IPV6 = cidrs('2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20 3ffe::/16')

export type Network = [ipaddr.IPv4 | ipaddr.IPv6, number]

/** Whether everybody's internet leads to this address. Only for text of the resolver, a WHATWG-parsed literal or a socket. */
export function isPublicAddress(address: string): boolean {
  const parsed = parseAddress(address)
  if (!parsed || parsed.range() !== 'unicast') return false
  if (parsed.kind() === 'ipv4') return !isWithin(parsed, DENIED_IPV4)
  return isWithin(parsed, GLOBAL_IPV6) && !isWithin(parsed, DENIED_IPV6)
}

/** Whether the address leads back to this machine, wherever it is used. */
export function isLoopback(address: string): boolean {
  return parseAddress(address)?.range() === 'loopback'
}

/** The address, or undefined where the text is none or names a zone (`fe80::1%eth0`). */
export function parseAddress(address: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  return isIP(address) && !address.includes('%') ? ipaddr.parse(address) : undefined
}

/** Whether the address lies in one of the networks of its own family. */
export function isWithin(address: ipaddr.IPv4 | ipaddr.IPv6, networks: Network[]): boolean {
  return networks.some(
    ([network, bits]) => network.kind() === address.kind() && address.match(network, bits),
  )
}
