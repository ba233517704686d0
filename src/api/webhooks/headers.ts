import type { Format, Signature, Target } from '../../delivery/types.ts'
import type { FieldError } from '../http/errors.ts'
import { validationError } from '../input/parse-input.ts'

type HttpTarget = Extract<Target, { type: 'http' }>
type Named = { pointer: string; name: string; what: string }

/** The names of the format's own headers begin so. */
const FORMAT_PREFIXES: Partial<Record<Format, string>> = { 'cloudevents-binary': 'ce-' }

/**
 * Refuses headers that could never be sent, since another one of that name, in whatever case, takes their place: of the
 * webhook itself, of its API key, its signature or its format. Throws validation_failed.
 */
export function checkHeadersMeet(webhook: {
  target: Target
  signature: Signature
  format: Format
}): void {
  const { target, signature, format } = webhook
  if (target.type !== 'http') return
  const prefix = FORMAT_PREFIXES[format]
  const taken = new Map<string, string>()
  const errors: FieldError[] = []
  for (const { pointer, name, what } of namedHeaders(target, signature)) {
    const lower = name.toLowerCase()
    const other = prefix && lower.startsWith(prefix) ? `the format ${format}` : taken.get(lower)
    if (other === undefined) taken.set(lower, what)
    else errors.push({ pointer, detail: `is a header of ${other}`, code: 'header_conflict' })
  }
  if (errors.length > 0) throw validationError(errors)
}

/**
 * Refuses a change by which stored values of headers and API key would go to another origin: who may change a webhook
 * need not know them. Throws validation_failed, with each that must be given again.
 */
export function checkSecretsStay(stored: Target, changed: Target, given: unknown): void {
  if (stored.type !== 'http' || changed.type !== 'http') return
  if (new URL(stored.url).origin === new URL(changed.url).origin) return
  const headers = Object.fromEntries(
    Object.entries(object(object(given)['headers'])).map(([name, value]) => [
      name.toLowerCase(),
      value,
    ]),
  )
  const isGiven = (value: unknown) => typeof value === 'string' && !value.startsWith(MASK)
  const pointers = [
    ...Object.keys(changed.headers ?? {})
      .filter((name) => !isGiven(headers[name.toLowerCase()]))
      .map(headerPointer),
    ...(changed.apiKey && !isGiven(object(object(given)['apiKey'])['value']) ? [KEY_POINTER] : []),
  ]
  const detail = 'must be given again, or removed with null, where the origin of the URL changes'
  const errors = pointers.map((pointer) => ({ pointer, detail, code: 'secret_needed' }))
  if (errors.length > 0) throw validationError(errors)
}

/** The target with its headers in the spelling of these names, where they are the same in another case. */
export function respelled(stored: Target, names: readonly string[]): Target {
  if (stored.type !== 'http' || !stored.headers) return stored
  const spelling = new Map(names.map((name) => [name.toLowerCase(), name]))
  const headers = Object.entries(stored.headers).map(([name, value]) => [
    spelling.get(name.toLowerCase()) ?? name,
    value,
  ])
  return { ...stored, headers: Object.fromEntries(headers) as Record<string, string> }
}

/** What a masked value begins with; no value of a header does. */
const MASK = '…'
const KEY_POINTER = '/target/apiKey/value'

/** In the order in which a later one yields: to the signature everything. */
function namedHeaders({ headers, apiKey }: HttpTarget, signature: Signature): Named[] {
  return [
    ...('header' in signature
      ? [{ pointer: '/signature/header', name: signature.header, what: 'the signature' }]
      : []),
    ...(apiKey
      ? [{ pointer: '/target/apiKey/header', name: apiKey.header, what: 'the API key' }]
      : []),
    ...Object.keys(headers ?? {}).map((name) => ({
      pointer: headerPointer(name),
      name,
      what: `this webhook already, ${name}`,
    })),
  ]
}

function headerPointer(name: string): string {
  return `/target/headers/${name.replaceAll('~', '~0')}`
}

function object(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
}
