import { isUtf8 } from 'node:buffer'
import type { Readable } from 'node:stream'
import type { PostResult } from '../../delivery/types.ts'
import { TRAILERS_TOO_LARGE } from './answer-scan.ts'
import { PostFailure } from './failure.ts'

export type KeptResponse = NonNullable<PostResult['response']>
type RawHeaders = Record<string, string | string[] | undefined>

const MAX_BODY_BYTES = 16 * 1_024
const MAX_HEADERS = 64
const MAX_HEADER_BYTES = 8 * 1_024
/** The one header that a receiver sends to herald itself. */
const OBEYED = 'retry-after'
const MAX_OBEYED_LENGTH = 1_024

/**
 * What herald keeps of a response's headers: 64 of them, 8 KiB in all, no cookies, no query of a Location. Retry-After
 * comes first, wherever it stood: what is obeyed is on record.
 */
export function keptHeaders(raw: RawHeaders): Record<string, string> {
  const kept: [string, string][] = []
  let bytes = 0
  const { [OBEYED]: obeyed, ...others } = raw
  for (const [name, value] of [[OBEYED, obeyed] as const, ...Object.entries(others)]) {
    if (value === undefined || name === 'set-cookie') continue
    const text = name === OBEYED ? cutValues(value) : [value].flat().join(', ')
    bytes += name.length + Buffer.byteLength(text)
    if (kept.length === MAX_HEADERS || bytes > MAX_HEADER_BYTES) break
    kept.push([name, name === 'location' ? withoutQuery(text) : text])
  }
  return Object.fromEntries(kept)
}

/** As many of the values as fit into 1 KiB. */
function cutValues(value: string | string[]): string {
  let text = ''
  for (const one of [value].flat()) {
    const longer = text === '' ? one : `${text}, ${one}`
    if (longer.length > MAX_OBEYED_LENGTH) break
    text = longer
  }
  return text
}

/** A URL without query and fragment: they may carry a token. */
export function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, '')
}

/**
 * Up to 16 KiB of the body as text, never inflated. Ends at `limit` with what is there; a broken or slow body is a
 * truncated one. Rejects only for trailers that are too large. The stream is destroyed unless it has ended.
 */
export async function keptBody(
  stream: Readable,
  headers: RawHeaders,
  limit: AbortSignal,
): Promise<Pick<KeptResponse, 'body' | 'truncated'>> {
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') {
    stream.on('error', () => undefined).destroy()
    return { body: `[content-encoding: ${String(encoding)}, not shown]`, truncated: true }
  }
  const { bytes, ended } = await firstBytes(stream, limit)
  const truncated = !ended || bytes.length > MAX_BODY_BYTES
  return { body: textOf(bytes.subarray(0, MAX_BODY_BYTES), truncated), truncated }
}

async function firstBytes(
  stream: Readable,
  limit: AbortSignal,
): Promise<{ bytes: Buffer; ended: boolean }> {
  const chunks: Buffer[] = []
  let size = 0
  const stop = () => stream.destroy()
  limit.addEventListener('abort', stop, { once: true })
  if (limit.aborted) stop()
  try {
    for await (const chunk of stream) {
      chunks.push(chunk as Buffer)
      size += (chunk as Buffer).length
      if (size > MAX_BODY_BYTES) break
    }
    return { bytes: Buffer.concat(chunks), ended: stream.readableEnded }
  } catch (error) {
    if (error instanceof PostFailure && error.failure === TRAILERS_TOO_LARGE) throw error
    return { bytes: Buffer.concat(chunks), ended: false }
  } finally {
    limit.removeEventListener('abort', stop)
    stream.on('error', () => undefined).destroy()
  }
}

/** UTF-8 as text, every other byte as `\xNN`; a character that the cut has halved is left out. */
function textOf(bytes: Buffer, truncated: boolean): string {
  if (isUtf8(bytes)) return bytes.toString('utf8')
  for (const cut of truncated ? [1, 2, 3] : []) {
    const whole = bytes.subarray(0, bytes.length - cut)
    if (
      bytes[whole.length] !== undefined &&
      (bytes[whole.length] as number) >= 0xc2 &&
      isUtf8(whole)
    )
      return whole.toString('utf8')
  }
  let text = ''
  for (let at = 0; at < bytes.length;) {
    const length = [1, 2, 3, 4].find((size) => isUtf8(bytes.subarray(at, at + size))) ?? 0
    text += length
      ? bytes.toString('utf8', at, at + length)
      : `\\x${(bytes[at] as number).toString(16).padStart(2, '0')}`
    at += length || 1
  }
  return text
}
