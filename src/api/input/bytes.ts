import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { ApiError } from '../http/errors.ts'

/** Read and thrown away after the limit, so that the caller reads our answer rather than a reset. */
const DRAIN_BYTES = 4_194_304
/** What gzip adds to bytes that it cannot make smaller, of a body of a few MiB. */
const GZIP_BYTES = 4_096
const GZIP = ['gzip', 'x-gzip']
const unpack = promisify(gunzip)

/** A header's text; where a name came more than once, all of its values. */
export function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}

/** Whether the request announces a body of at least one byte. */
export function hasBody({ headers }: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = headers
  return encoding !== undefined || (length !== undefined && length !== '0')
}

/**
 * The bytes of the body, unpacked where they come as gzip: at most `limitBytes`, whichever way, and never more than that
 * is unpacked. Throws too_large, media_type_unsupported, encoding_invalid, request_invalid.
 */
export async function readBytes(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  if (encoding === 'identity' || encoding === '') return received(request, limitBytes, limitBytes)
  if (!GZIP.includes(encoding))
    throw new ApiError('media_type_unsupported', 'The body may be compressed by gzip alone.', {
      headers: { 'accept-encoding': 'gzip' }, // RFC 9110 12.5.3
    })
  const packed = await received(request, limitBytes, limitBytes + GZIP_BYTES)
  return packed.length === 0 ? packed : unpacked(packed, limitBytes)
}

/** The bytes as they came, at most `mostBytes` of them. By events: an iterator costs an event as much as parsing its JSON. */
function received(
  request: IncomingMessage,
  limitBytes: number,
  mostBytes: number,
): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > mostBytes + DRAIN_BYTES) throw tooLarge(limitBytes)
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const over = (settle: () => void) => {
      request.off('data', take).off('end', end).off('error', broken).off('close', broken)
      settle()
    }
    const take = (chunk: Buffer) => {
      size += chunk.length
      if (size <= mostBytes) chunks.push(chunk)
      if (size <= mostBytes + DRAIN_BYTES) return
      request.pause()
      over(() => reject(tooLarge(limitBytes)))
    }
    const end = () =>
      over(() => (size > mostBytes ? reject(tooLarge(limitBytes)) : resolve(Buffer.concat(chunks))))
    const broken = (cause?: Error) => {
      const detail = 'The body ended before all of it had come.'
      over(() => reject(new ApiError('request_invalid', detail, { cause })))
    }
    if (request.destroyed) return broken()
    request.on('data', take).on('end', end).on('error', broken).on('close', broken)
  })
}

async function unpacked(packed: Buffer, limitBytes: number): Promise<Buffer> {
  try {
    return await unpack(packed, { maxOutputLength: limitBytes })
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLarge(limitBytes)
    throw new ApiError('encoding_invalid', 'The body is not gzip, or not all of it.', { cause })
  }
}

function tooLarge(limitBytes: number): ApiError {
  return new ApiError('too_large', `At most ${limitBytes} bytes.`, {
    headers: { connection: 'close' },
  })
}
