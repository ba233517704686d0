import { isIP } from 'node:net'
import { isDeniedPort } from './denied-ports.ts'

export type UrlPolicy = { allowHttp: boolean }
export type Refusal = { ok: false; code: string; detail: string }
export type CheckedUrl = { ok: true; url: URL } | Refusal

/** A URL whose text is in order; what is left to decide depends on where its host leads. */
export type ParsedTarget = {
  ok: true
  url: URL
  /** The host without brackets and without a final dot. */
  hostname: string
  port: number
  /** Holds for good unless the operator allows every address behind the host. */
  unlessAllowed?: Refusal
  /** An IP address in another spelling than its canonical one. */
  noncanonical: boolean
}

const MAX_URL_LENGTH = 2_048
// Controls, lone surrogates, space and backslash: WHATWG drops or rewrites some of them, other parsers do not.
const FORBIDDEN_TEXT = /[\p{Cc}\p{Cs} \\]/u
const SPECIAL_TOP_LABELS = new Set(
  (
    'localhost localdomain local internal intranet lan home corp private test example invalid ' +
    'onion alt arpa'
  ).split(' '),
)

/** Judges the text of a URL alone: no network, and no verdict on which addresses are public (the address guard has it). */
export function checkUrl(raw: string, policy: UrlPolicy): CheckedUrl {
  const target = parseTarget(raw, policy)
  if (!target.ok) return target
  if (target.unlessAllowed) return target.unlessAllowed
  return target.noncanonical ? noncanonicalRefusal() : { ok: true, url: target.url }
}

/** As checkUrl, but leaves what an operator's allow list may overrule to the caller. */
export function parseTarget(raw: string, policy: UrlPolicy): ParsedTarget | Refusal {
  const textual = checkText(raw, policy)
  if (textual) return textual
  if (!URL.canParse(raw)) return invalid('is not a URL')
  const url = new URL(raw)
  if (url.username || url.password) return userinfo()
  const named = !isIP(bare(url.hostname))
  if (named && url.hostname.endsWith('.')) url.hostname = url.hostname.slice(0, -1)
  const hostname = bare(url.hostname)
  const shape = named ? checkLabels(hostname) : undefined
  if (shape) return shape
  const port = Number(url.port) || (url.port ? 0 : url.protocol === 'https:' ? 443 : 80)
  const unlessAllowed = checkPort(port) ?? (named ? checkSpecialName(hostname) : undefined)
  const noncanonical = isIP(hostname) === 4 && rawHost(raw) !== hostname
  return { ok: true, url, hostname, port, noncanonical, ...(unlessAllowed && { unlessAllowed }) }
}

/** The refusal of an IPv4 address that parsers read differently (decimal, octal, hex, short forms). */
export function noncanonicalRefusal(): Refusal {
  return refuse('url_ip_noncanonical', 'write the IP address as four decimal numbers')
}

/** Why this name is not one of the public internet: a single label, or a reserved top label (RFC 6761, 6762, 7686, 9476). */
export function checkSpecialName(hostname: string): Refusal | undefined {
  const labels = hostname.split('.')
  if (labels.length > 1 && !SPECIAL_TOP_LABELS.has(labels.at(-1) ?? '')) return undefined
  return refuse('url_host_special', 'the host must be a public name with at least two labels')
}

/** Why nothing is sent to this port: it belongs to a service that is not a web server. */
export function checkPort(port: number): Refusal | undefined {
  return isDeniedPort(port) ? refuse('url_port', `port ${port} is not for webhooks`) : undefined
}

function checkText(raw: string, policy: UrlPolicy): Refusal | undefined {
  if (raw.length > MAX_URL_LENGTH) return invalid(`is longer than ${MAX_URL_LENGTH} characters`)
  if (FORBIDDEN_TEXT.test(raw)) return invalid('holds a space, control character or backslash')
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(raw)?.[1]?.toLowerCase()
  if (scheme === undefined) return invalid('must begin with https://')
  if (scheme !== 'https' && !(scheme === 'http' && policy.allowHttp))
    return refuse('url_scheme', 'must begin with https://')
  const authority = /^[a-z]+:\/\/([^/?#]+)/i.exec(raw)?.[1]
  if (authority === undefined) return invalid('must be https:// and a host')
  if (authority.includes('@')) return userinfo()
  if (authority.includes('%')) return invalid('must not hold % in the host')
  if (raw.includes('#')) return refuse('url_fragment', 'must not hold a fragment (#)')
  return undefined
}

function checkLabels(hostname: string): Refusal | undefined {
  const labels = hostname.split('.')
  // parsers differ on empty punycode: Node 20 refuses it, Node 24 does not
  const fits = labels.every((label) => label.length >= 1 && label.length <= 63 && label !== 'xn--')
  return fits && hostname.length <= 253 ? undefined : invalid('has a host that is not a DNS name')
}

function rawHost(raw: string): string {
  return raw.replace(/^[a-z]+:\/\//i, '').replace(/[/?#].*$|:\d*(?=[/?#]|$).*$/s, '')
}

function bare(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
}

function userinfo(): Refusal {
  return refuse('url_userinfo', 'must not hold a user name or password')
}

function invalid(detail: string): Refusal {
  return refuse('url_invalid', detail)
}

function refuse(code: string, detail: string): Refusal {
  return { ok: false, code, detail }
}
