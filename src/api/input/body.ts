import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { ApiError } from '../http/errors.ts'
import { nowRunning } from '../../running.ts'
import { duplicateKey, type JsonScan, scanJson } from '../../json/scan.ts'
import { isJsonType, mediaTypeOf } from './media-type.ts'
import { hasBody, readBytes } from './bytes.ts'

const LARGE_BYTES = 1_048_576
const MAX_DEPTH = 64
const MAX_KEYS = 10_000

export type JsonText = { bytes: Buffer; text: string; value: unknown; scan: JsonScan }

export type BodyRules = {
  limitBytes: number
  /** The media types that are taken, in lower case and without parameters; application/json if absent. */
  types?: readonly string[]
  /** Whether types such as application/vnd.example+json are taken too. */
  anyJson?: boolean
  /** What an empty body means; absent: it is refused. */
  empty?: string
  /** Whose body it is, for the watchdog. */
  name?: string
  /** Whether a body without a Content-Type is JSON. */
  untyped?: boolean
}

const JSON_TYPES = ['application/json']

/**
 * The request's JSON with its text: strict UTF-8, no byte order mark, at most `limitBytes`, also where it came as gzip.
 * Throws too_large, media_type_unsupported, encoding_invalid, json_invalid, duplicate_key.
 */
export async function readJson(request: IncomingMessage, rules: BodyRules): Promise<JsonText> {
  checkContentType(request, rules)
  const sent = await readBytes(request, rules.limitBytes)
  if (rules.name !== undefined) nowRunning(rules.name)
  const bytes = sent.length === 0 ? Buffer.from(rules.empty ?? '') : sent
  if (!isUtf8(bytes)) throw new ApiError('encoding_invalid', 'The body must be valid UTF-8.')
  const text = bytes.toString('utf8')
  if (text.startsWith('\uFEFF'))
    throw new ApiError('encoding_invalid', 'The body must not begin with a byte order mark.')
  const value = parseJson(text)
  // of a few MiB each step takes its time
  if (bytes.length > LARGE_BYTES) await setImmediate()
  const scan = scanJson(text)
  if (bytes.length > LARGE_BYTES) await setImmediate()
  const twice = duplicateKey(scan)
  if (twice !== undefined) throw duplicateKeyError(twice, '')
  return { bytes, text, value, scan }
}

/** Text that is known to be JSON, as readJson gives a body. */
export function jsonText(text: string): JsonText {
  return { bytes: Buffer.from(text), text, value: JSON.parse(text), scan: scanJson(text) }
}

/**
 * Depth at most 64, so that whoever recurses comes back, and at most so many keys, 10,000 if it is not said.
 * Throws too_deep, too_many_keys.
 */
export function checkShape(scan: JsonScan, maxKeys = MAX_KEYS): void {
  if (scan.depth > MAX_DEPTH)
    throw new ApiError('too_deep', `At most ${MAX_DEPTH} levels; these are ${scan.depth}.`)
  if (scan.keys > maxKeys)
    throw new ApiError('too_many_keys', `At most ${maxKeys} keys; these are ${scan.keys}.`)
}

/** The 400 for a key that an object has twice; `base` points at the object. */
export function duplicateKeyError(key: string, base: string): ApiError {
  const errors = [{ pointer: `${base}/${key}`, detail: 'occurs twice', code: 'duplicate_key' }]
  return new ApiError('duplicate_key', `“${key}” occurs twice.`, { errors })
}

function checkContentType(request: IncomingMessage, rules: BodyRules): void {
  const { 'content-type': text = '' } = request.headers
  const { types = JSON_TYPES, anyJson = false, empty, untyped = false } = rules
  if (text === '' && (untyped || (empty !== undefined && !hasBody(request)))) return
  const media = mediaTypeOf(text)
  if (!isJsonType(media) || !(anyJson || types.includes(media.type)))
    throw unsupported(`Send ${types.join(' or ')} in UTF-8.`)
  if (media.fault !== undefined) throw unsupported(media.fault)
}

function unsupported(detail: string): ApiError {
  return new ApiError('media_type_unsupported', detail, {
    errors: [{ pointer: '/header/Content-Type', detail, code: 'media_type_unsupported' }],
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw new ApiError('json_invalid', jsonFault(text, cause), { cause })
  }
}

/** Where JSON.parse stopped, without quoting the body: it may hold personal data. */
function jsonFault(text: string, error: unknown): string {
  if (text.trim() === '') return 'The body is empty.'
  const at = error instanceof Error ? /position (\d+)/.exec(error.message)?.[1] : undefined
  return at ? `Not JSON at character ${at}.` : 'Not JSON: it ends too early.'
}
