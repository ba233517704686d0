import { errors } from 'undici'
import type { ErrorCode } from '../../delivery/failure-codes.ts'

export type Failure = { code: ErrorCode; detail: string; final?: boolean }

/** A failure that herald itself found; undici hands it through to the caller as it is. */
export class PostFailure extends Error {
  readonly failure: Failure

  constructor(failure: Failure, cause?: unknown) {
    super(failure.detail, { cause })
    this.name = 'PostFailure'
    this.failure = failure
  }
}

const RESET = 'the connection was closed before an answer'
const NO_TLS = 'no trusted TLS connection came about'
export const BAD_RESPONSE = 'the answer is not valid HTTP'
const FAILURES: Record<string, Failure> = {
  ECONNREFUSED: { code: 'connect_refused', detail: 'the receiver refused the connection' },
  ETIMEDOUT: {
    code: 'connect_timeout',
    detail: 'the receiver did not accept the connection in time',
  },
  ECONNRESET: { code: 'reset', detail: RESET },
  ECONNABORTED: { code: 'reset', detail: RESET },
  EPIPE: { code: 'reset', detail: RESET },
  UND_ERR_SOCKET: { code: 'reset', detail: RESET },
  UND_ERR_HEADERS_TIMEOUT: { code: 'timeout', detail: 'no answer in time' },
  UND_ERR_BODY_TIMEOUT: { code: 'timeout', detail: 'no answer in time' },
  UND_ERR_HEADERS_OVERFLOW: { code: 'response_invalid', detail: 'the headers are too large' },
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: { code: 'response_invalid', detail: BAD_RESPONSE },
  ERR_ASSERTION: { code: 'response_invalid', detail: BAD_RESPONSE },
}

/**
 * What an error of undici, TLS or a socket means, by its code. The detail never repeats the error's own message:
 * that names the resolved address.
 */
export function failureOf(error: unknown): Failure {
  if (error instanceof PostFailure) return error.failure
  const code = errorCode(error)
  const known = FAILURES[code]
  if (known) return { ...known, detail: `${known.detail} (${code})` }
  if (code.startsWith('ERR_SSL_')) return { code: 'tls_error', detail: `${NO_TLS} (${code})` }
  // Its code is often undefined.
  if (error instanceof errors.HTTPParserError)
    return { code: 'response_invalid', detail: BAD_RESPONSE }
  return { code: 'network_error', detail: `the request failed (${code})` }
}

/** A failure between the TCP connection and the first byte of HTTP: a certificate or a handshake, unless the line broke. */
export function tlsFailureOf(error: unknown): Failure {
  const { code } = failureOf(error)
  if (code === 'reset' || error instanceof PostFailure) return failureOf(error)
  const reason = errorCode(error)
  return { code: 'tls_error', detail: `${NO_TLS} (${reason})` }
}

function errorCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : 'unknown'
}
