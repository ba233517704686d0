import type { Signature, Target } from '../../delivery/types.ts'
import { percentEncoded } from './cloudevents.ts'

export type AttemptHeaders = {
  userAgent: string
  delivery: string
  attempt: number
  eventType: string
  /** Of a test: the receiver may tell it from what really happened. */
  isTest?: boolean | undefined
  contentType: string
  formatHeaders?: Record<string, string> | undefined
  signatureHeaders: Record<string, string>
  target: Target
}

const MAX_VALUE_LENGTH = 4_096
const MAX_NAME_LENGTH = 128
const REDACTED = '…'
const RESERVED_NAMES = new Set(
  (
    'host content-length content-type content-encoding transfer-encoding connection keep-alive upgrade te trailer ' +
    'expect user-agent accept-encoding forwarded cookie metadata metadata-flavor'
  ).split(' '),
)
const RESERVED_PREFIXES =
  'proxy- webhook- herald- sec- x-forwarded- x-aws-ec2-metadata- x-google- x-goog- x-azure- x-amz-'.split(
    ' ',
  )
/** As keys of a document they mean something to BSON, or to JavaScript. */
const UNSTORABLE = new Set(['_bsontype', '__proto__'])
const ALWAYS_SECRET = ['authorization', 'cookie', 'webhook-signature']

/**
 * All headers of one attempt. Where names meet, herald's own win over the format's, and those over the target's.
 * Slack gets none of herald's: it has no use for them.
 */
export function deliveryHeaders(attempt: AttemptHeaders): Record<string, string> {
  const { target } = attempt
  if (target.type === 'slack')
    return { 'content-type': attempt.contentType, 'user-agent': attempt.userAgent }
  return withoutRepeats([
    // Checked when they were saved, and here again: a `host` that slipped through would change the receiver.
    ...customHeaders(target).filter(([name]) => checkHeaderName(name) === undefined),
    ...Object.entries(attempt.formatHeaders ?? {}),
    ...Object.entries(attempt.signatureHeaders),
    ['content-type', attempt.contentType],
    ['user-agent', attempt.userAgent],
    ['Herald-Delivery', attempt.delivery],
    ['Herald-Attempt', String(attempt.attempt)],
    ['Herald-Event-Type', percentEncoded(attempt.eventType)],
    ...(attempt.isTest ? [['Herald-Test', 'true'] as const] : []),
  ])
}

/** Why a header of this name cannot be set on a webhook; undefined if it can. */
export function checkHeaderName(name: string): string | undefined {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) return 'is not a header name'
  if (name.length > MAX_NAME_LENGTH) return `is longer than ${MAX_NAME_LENGTH} characters`
  if (UNSTORABLE.has(name))
    return 'cannot be stored; write it with another capital, names have no case'
  const lower = name.toLowerCase()
  const reserved =
    RESERVED_NAMES.has(lower) || RESERVED_PREFIXES.some((prefix) => lower.startsWith(prefix))
  return reserved ? 'is reserved' : undefined
}

/** Why a header cannot have this value; undefined if it can. */
export function checkHeaderValue(value: string): string | undefined {
  if (value.length > MAX_VALUE_LENGTH) return `is longer than ${MAX_VALUE_LENGTH} characters`
  return /^[\u0020-\u007e]*$/.test(value) ? undefined : 'must be printable ASCII'
}

/** The names whose values the attempt log must not show: what the admin set, the API key and the signature. */
export function secretHeaderNames(target: Target, signature: Signature): string[] {
  return [
    ...customHeaders(target).map(([name]) => name),
    ...('header' in signature ? [signature.header] : []),
  ]
}

/** The headers as the attempt log keeps them: values of secret names, credentials and signatures as `…`. */
export function redactHeaders(
  headers: Record<string, string>,
  secretNames: readonly string[],
): Record<string, string> {
  const secret = new Set([...secretNames, ...ALWAYS_SECRET].map((name) => name.toLowerCase()))
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      secret.has(name.toLowerCase()) ? REDACTED : value,
    ]),
  )
}

function customHeaders(target: Target): [string, string][] {
  if (target.type !== 'http') return []
  const { headers, apiKey } = target
  return [
    ...Object.entries(headers ?? {}),
    ...(apiKey ? [[apiKey.header, apiKey.value] satisfies [string, string]] : []),
  ]
}

function withoutRepeats(headers: (readonly [string, string])[]): Record<string, string> {
  const last = new Map(headers.map((header) => [header[0].toLowerCase(), header]))
  return Object.fromEntries(last.values())
}
