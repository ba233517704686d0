import type { IncomingMessage } from 'node:http'
import { type AddressList, parseCidrList } from '../../outbound/address/cidr-list.ts'
import { parseAddress } from '../../outbound/address/public-address.ts'

type Asked = Pick<IncomingMessage, 'headers'> & { socket: { remoteAddress?: string | undefined } }

/**
 * Who sent a request, by address: of the connection, unless that is a trusted proxy; then the last address in
 * X-Forwarded-For that is not one. Networks of IPv6 count as one client, since a client has a whole /64.
 * Throws an Error that says what to change for a malformed network.
 */
export function clientAddressOf(trustedProxies: readonly string[]): (request: Asked) => string {
  const trusted = parseCidrList(trustedProxies, 'TRUSTED_PROXIES')
  return ({ socket, headers }) => {
    const remote = plain(socket.remoteAddress ?? '')
    if (trusted.size === 0 || !isTrusted(trusted, remote)) return grouped(remote)
    const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',')
    let client = remote
    for (const text of forwarded.toReversed()) {
      const hop = plain(withoutPort(text.trim()))
      if (!parseAddress(hop)) break
      client = hop
      if (!isTrusted(trusted, hop)) break
    }
    return grouped(client)
  }
}

function isTrusted(trusted: AddressList, address: string): boolean {
  return trusted.includes(address, 0)
}

/** `192.0.2.1:4711` and `[2001:db8::1]:4711`, as some proxies write it. */
function withoutPort(text: string): string {
  const match = /^(?:\[([^\]]+)\](?::\d+)?|([\d.]+):\d+)$/.exec(text)
  return match?.[1] ?? match?.[2] ?? text
}

/** An IPv4 address that comes mapped into IPv6, as itself. */
function plain(address: string): string {
  const parsed = parseAddress(address)
  return parsed && 'isIPv4MappedAddress' in parsed && parsed.isIPv4MappedAddress()
    ? parsed.toIPv4Address().toString()
    : address
}

function grouped(address: string): string {
  const parsed = parseAddress(address)
  if (parsed?.kind() !== 'ipv6') return address
  const groups = parsed.toNormalizedString().split(':')
  return `${groups.slice(0, 4).join(':')}::/64`
}
