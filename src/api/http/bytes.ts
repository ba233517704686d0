import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { ApiError } from './errors.ts'

/** Read and thrown away after the limit, so that the caller reads our answer rather than a reset. */
const DRAIN_BYTES = 4_194_304
/** What gzip adds to bytes that it cannot make smaller, of a body of a few MiB. */
const GZIP_BYTES = 4_096
const GZIP = ['gzip', 'x-gzip']
const unpack = promisify(gunzip)

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

/** The bytes as they came, at most `mostBytes` of them. */
async function received(
  request: IncomingMessage,
  limitBytes: number,
  mostBytes: number,
): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > mostBytes + DRAIN_BYTES) throw tooLarge(limitBytes)
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      size += (chunk as Buffer).length
      if (size <= mostBytes) chunks.push(chunk as Buffer)
      if (size > mostBytes + DRAIN_BYTES) break
    }
  } catch (cause) {
    throw new ApiError('request_invalid', 'The body ended before all of it had come.', { cause })
  }
  if (size > mostBytes) throw tooLarge(limitBytes)
  return Buffer.concat(chunks)
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
