import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Config } from '../../config.ts'
import { lookupAddresses } from './name-resolver.ts'
import { isLoopback, parseAddress } from './public-address.ts'

type ApiAddress = Pick<Config, 'PUBLIC_URL' | 'HOST' | 'PORT'>

const WILDCARDS = new Set(['0.0.0.0', '::'])
/** How long it is believed where a name of ours leads. */
const BELIEVED_MS = 10_000

/** The hosts at one port; `addresses` of names are where they led when they were last looked up. */
type Hosts = { names: Set<string>; addresses: Set<string>; lookedUpAtMs: number }

/**
 * Where herald and its servers listen: the API, metrics, MongoDB, Temporal. A webhook that points there would feed
 * herald its own deliveries, or command its servers.
 */
export class OwnOrigins {
  private readonly ports = new Map<number, Hosts>()
  private readonly lookup: typeof lookupAddresses

  constructor(lookup = lookupAddresses) {
    this.lookup = lookup
  }

  /** A URL such as `https://herald.example.com` or `http://0.0.0.0:8080`. One of this machine stands for all its addresses. */
  add(origin: string): void {
    const { hostname, port, protocol } = new URL(origin)
    const host = hostname.toLowerCase().replace(/^\[(.*)\]$/, '$1')
    const number = Number(port) || (protocol === 'https:' ? 443 : 80)
    const hosts = this.ports.get(number) ?? {
      names: new Set(),
      addresses: new Set(),
      lookedUpAtMs: -Infinity,
    }
    this.ports.set(number, hosts)
    if (isIP(host)) hosts.addresses.add(canonical(host))
    else hosts.names.add(host.replace(/\.$/, ''))
  }

  /** Whether the host of a URL, or an address that it leads to, is one of ours at this port, as far as is known. */
  includes(host: string, port: number): boolean {
    const hosts = this.ports.get(port)
    if (!hosts) return false
    if (!isIP(host)) return hosts.names.has(host) || (isLocalName(host) && isHere(hosts))
    const address = canonical(host)
    return hosts.addresses.has(address) || (isLocal(address) && isHere(hosts))
  }

  /** As includes, of a host and all that it leads to, when our own names of this port have been looked up too. */
  async leadTo(hosts: readonly string[], port: number): Promise<boolean> {
    await this.lookUp(port)
    return hosts.some((host) => this.includes(host, port))
  }

  private async lookUp(port: number): Promise<void> {
    const hosts = this.ports.get(port)
    if (!hosts || performance.now() - hosts.lookedUpAtMs < BELIEVED_MS) return
    const names = [...hosts.names].filter((name) => !isLocalName(name))
    const answers = await Promise.all(names.map((name) => this.lookup(name)))
    for (const address of answers.flatMap(({ addresses }) => addresses))
      hosts.addresses.add(canonical(address))
    hosts.lookedUpAtMs = performance.now()
  }
}

/** Where callers reach the API: PUBLIC_URL, else its listener; without a slash at the end. */
export function apiUrl({ PUBLIC_URL, HOST, PORT }: ApiAddress): string {
  return PUBLIC_URL ?? originOf(HOST, PORT)
}

/** The origin of a listener. */
export function originOf(host: string, port: number): string {
  return `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}`
}

/** Whether one of these hosts is this machine: it may listen on any of its addresses then. */
function isHere({ names, addresses }: Hosts): boolean {
  return [...names].some(isLocalName) || [...addresses].some(isLocal)
}

function isLocalName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost')
}

/** Loopback, a wildcard, which leads to loopback, or an address of this machine's interfaces as they are now. */
function isLocal(address: string): boolean {
  if (WILDCARDS.has(address) || isLoopback(address)) return true
  const interfaces = Object.values(networkInterfaces()).flatMap((all) => all ?? [])
  return interfaces.some((one) => canonical(one.address) === address)
}

/** One spelling for an address, an IPv4 one also where it is mapped into IPv6. */
function canonical(address: string): string {
  const parsed = parseAddress(address)
  if (!parsed) return address
  return 'isIPv4MappedAddress' in parsed && parsed.isIPv4MappedAddress()
    ? parsed.toIPv4Address().toNormalizedString()
    : parsed.toString()
}
