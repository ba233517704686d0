import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Config } from '../config.ts'
import { parseAddress } from './public-address.ts'

type ApiAddress = Pick<Config, 'PUBLIC_URL' | 'HOST' | 'PORT'>

const WILDCARDS = new Set(['0.0.0.0', '::'])

/** Where herald itself listens: a webhook that points there would feed its own deliveries back to it. */
export class OwnOrigins {
  private readonly names = new Set<string>()
  private readonly ports = new Map<number, Set<string>>()

  /** A URL such as `https://herald.example.com` or `http://0.0.0.0:8080`, which stands for every address of this machine. */
  add(origin: string): void {
    const { hostname, port, protocol } = new URL(origin)
    const host = hostname.toLowerCase().replace(/^\[(.*)\]$/, '$1')
    const number = Number(port) || (protocol === 'https:' ? 443 : 80)
    this.names.add(`${host} ${number}`)
    const addresses = this.ports.get(number) ?? new Set()
    this.ports.set(number, addresses)
    for (const address of listeningAddresses(host)) addresses.add(canonical(address))
  }

  /** Whether the host of a URL, or an address that it leads to, is one of ours at this port. */
  includes(host: string, port: number): boolean {
    if (this.names.has(`${host} ${port}`)) return true
    return isIP(host) !== 0 && (this.ports.get(port)?.has(canonical(host)) ?? false)
  }
}

/** Where callers reach the API: PUBLIC_URL, else its listener; without a slash at the end. */
export function apiUrl({ PUBLIC_URL, HOST, PORT }: ApiAddress): string {
  return (PUBLIC_URL ?? originOf(HOST, PORT)).replace(/\/+$/, '')
}

/** The origin of a listener. */
export function originOf(host: string, port: number): string {
  return `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}`
}

/** A wildcard as a target leads to the listener on loopback, whichever address that has. */
function listeningAddresses(host: string): string[] {
  if (host === 'localhost') return ['127.0.0.1', '::1', ...WILDCARDS]
  if (!isIP(host)) return []
  if (!WILDCARDS.has(host)) return [host, ...WILDCARDS]
  const local = Object.values(networkInterfaces()).flatMap((all) => all ?? [])
  return ['127.0.0.1', '::1', ...WILDCARDS, ...local.map(({ address }) => address)]
}

/** One spelling for an address, an IPv4 one also where it is mapped into IPv6. */
function canonical(address: string): string {
  const parsed = parseAddress(address)
  if (!parsed) return address
  return 'isIPv4MappedAddress' in parsed && parsed.isIPv4MappedAddress()
    ? parsed.toIPv4Address().toNormalizedString()
    : parsed.toNormalizedString()
}
