import { isIP } from 'node:net'
import { AllowedHosts, normalHost } from './allowed-hosts.ts'
import { type AddressList, parseCidrList } from './cidr-list.ts'
import {
  checkPort,
  checkSpecialName,
  type CheckedUrl,
  noncanonicalRefusal,
  type ParsedTarget,
  parseTarget,
  type Refusal,
} from './check-url.ts'
import {
  type Answers,
  createNameResolver,
  lookupAddresses,
  type NameResolver,
  queryAddresses,
} from './name-resolver.ts'
import { OwnOrigins } from './own-origins.ts'
import { isPublicAddress } from './public-address.ts'

type AddressVerdict = 'public' | 'allowed' | 'refused'
type ResolvedHost = { ok: true; addresses: string[] } | Refusal
type CheckedTarget = { ok: true; url: string; warning?: { code: string; detail: string } } | Refusal

export type AddressGuard = {
  /** The text and, for a literal, the address; no network. */
  checkUrl(raw: string): CheckedUrl
  /** As checkUrl, and where the name leads now; a name that does not resolve is only a warning. The URL comes in its normal form. */
  checkTarget(raw: string): Promise<CheckedTarget>
  /** The addresses that may be connected to, at most 16; refused as a whole if any answer is not allowed. */
  resolve(hostname: string, port: number): Promise<ResolvedHost>
  classify(address: string, port: number): AddressVerdict
  /** From now on nothing is sent to this origin of herald or of its servers, whatever the operator allows. */
  addOwnOrigin(origin: string): void
}

export type GuardOptions = {
  allowCidrs: readonly string[]
  denyCidrs: readonly string[]
  allowHosts: readonly string[]
  allowHttp: boolean
  resolver?: NameResolver
}

const MAX_ADDRESSES = 16
const LOOPBACK = ['127.0.0.1', '::1']
const UNRESOLVED = new Set(['dns_no_address', 'dns_error'])

type Rules = {
  allowed: AddressList
  denied: AddressList
  hosts: AllowedHosts
  allowHttp: boolean
  resolver: NameResolver
  own: OwnOrigins
}

/**
 * Which receivers may be called: public addresses, less what the operator denies, plus what the operator allows.
 * Throws an Error that says what to change for a malformed CIDR.
 */
export function createAddressGuard(options: GuardOptions): AddressGuard {
  const rules: Rules = {
    allowed: parseCidrList(options.allowCidrs, 'OUTBOUND_ALLOW_CIDRS'),
    denied: parseCidrList(options.denyCidrs, 'OUTBOUND_DENY_CIDRS'),
    hosts: new AllowedHosts(options.allowHosts),
    allowHttp: options.allowHttp,
    resolver: options.resolver ?? createNameResolver(),
    own: new OwnOrigins(),
  }
  return {
    checkUrl: (raw) => checkWith(rules, raw),
    checkTarget: (raw) => checkTargetWith(rules, raw),
    resolve: (hostname, port) => resolveWith(rules, hostname, port),
    classify: (address, port) => classifyWith(rules, address, port),
    addOwnOrigin: (origin) => rules.own.add(origin),
  }
}

function checkWith(rules: Rules, raw: string): CheckedUrl {
  const target = parseTarget(raw, rules)
  if (!target.ok) return target
  const { url, hostname, port } = target
  const refusal = hostRefusal(rules, target)
  if (refusal) return refusal
  return rules.own.includes(hostname, port) ? ownOrigin() : { ok: true, url }
}

function hostRefusal(rules: Rules, target: ParsedTarget): Refusal | undefined {
  const { hostname, port, unlessAllowed, noncanonical } = target
  if (rules.hosts.has(hostname, port)) return hostPortRefusal(rules, hostname, port)
  // With an allow list, where the name leads decides; `resolve` applies the same rules before each connection.
  if (!isIP(hostname)) return rules.allowed.size === 0 ? unlessAllowed : undefined
  const verdict = classifyWith(rules, hostname, port)
  if (verdict === 'refused') return notPublic()
  if (noncanonical) return noncanonicalRefusal()
  return verdict === 'public' ? unlessAllowed : networkPortRefusal(rules, [hostname], port)
}

/** An allowed host does not open the ports of databases and the like, unless it is written with that port. */
function hostPortRefusal({ hosts }: Rules, hostname: string, port: number): Refusal | undefined {
  return hosts.namesPort(hostname, port) ? undefined : checkPort(port)
}

/** Nor does an allowed network. */
function networkPortRefusal(
  { allowed }: Rules,
  addresses: readonly string[],
  port: number,
): Refusal | undefined {
  const isNamed = addresses.every((address) => allowed.namesPort(address, port))
  return isNamed ? undefined : checkPort(port)
}

async function checkTargetWith(rules: Rules, raw: string): Promise<CheckedTarget> {
  const checked = checkWith(rules, raw)
  if (!checked.ok) return checked
  const { url } = checked
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
  const resolved = await resolveWith(rules, url.hostname, port)
  if (resolved.ok) return { ok: true, url: url.href }
  const { code, detail } = resolved
  return UNRESOLVED.has(code) ? { ok: true, url: url.href, warning: { code, detail } } : resolved
}

async function resolveWith(rules: Rules, host: string, port: number): Promise<ResolvedHost> {
  const hostname = normalHost(host)
  const answers = await addressesOf(rules, hostname, port)
  const { addresses } = answers
  const refusal = namedRefusal(rules, { hostname, port, addresses })
  if (refusal) return refusal
  if (addresses.length === 0) return noAddress(answers)
  if (await rules.own.leadTo([hostname, ...addresses], port)) return ownOrigin()
  return { ok: true, addresses: addresses.slice(0, MAX_ADDRESSES) }
}

/** What is against a host, given where it leads; nothing is where it leads nowhere. */
function namedRefusal(
  rules: Rules,
  { hostname, port, addresses }: { hostname: string; port: number; addresses: string[] },
): Refusal | undefined {
  if (rules.hosts.has(hostname, port)) return hostPortRefusal(rules, hostname, port)
  const verdicts = addresses.map((address) => classifyWith(rules, address, port))
  if (verdicts.includes('refused')) return ruleOfName(hostname, port) ?? notPublic()
  const isAllowed = verdicts.length > 0 && !verdicts.includes('public')
  return isAllowed ? networkPortRefusal(rules, addresses, port) : ruleOfName(hostname, port)
}

async function addressesOf(rules: Rules, hostname: string, port: number): Promise<Answers> {
  if (isIP(hostname)) return { addresses: [hostname] }
  if (rules.hosts.has(hostname, port)) return lookupAddresses(hostname)
  // RFC 6761 6.3: localhost is loopback and no question for name servers.
  if (hostname === 'localhost' || hostname.endsWith('.localhost'))
    return { addresses: LOOPBACK.filter((address) => rules.allowed.includes(address, port)) }
  if (rules.allowed.size === 0 && ruleOfName(hostname, port)) return { addresses: [] }
  return queryAddresses(rules.resolver, hostname)
}

function ruleOfName(hostname: string, port: number): Refusal | undefined {
  return checkPort(port) ?? (isIP(hostname) ? undefined : checkSpecialName(hostname))
}

function classifyWith(rules: Rules, address: string, port: number): AddressVerdict {
  if (rules.denied.includes(address, port)) return 'refused'
  if (rules.allowed.includes(address, port)) return 'allowed'
  return isPublicAddress(address) ? 'public' : 'refused'
}

function notPublic(): Refusal {
  // Says nothing about the address: an answer that did would tell a tenant how the operator's network looks.
  return { ok: false, code: 'addr_not_public', detail: 'the host must have public addresses only' }
}

/** Judged last, so that it tells nobody on which private port herald listens. */
function ownOrigin(): Refusal {
  return { ok: false, code: 'url_own_origin', detail: 'herald does not send to itself' }
}

function noAddress({ failed }: Answers): Refusal {
  return failed === undefined
    ? { ok: false, code: 'dns_no_address', detail: 'the host name has no address' }
    : { ok: false, code: 'dns_error', detail: `the host name could not be resolved (${failed})` }
}
