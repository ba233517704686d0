import { EventTooLarge, IngestUnavailable } from '../../ingest/types.ts'
import { isUnavailable } from '../../models/patience.ts'

/** Every error of the API: its HTTP status and title. The codes are a public contract: append only. */
export const PROBLEMS = {
  json_invalid: [400, 'The body is not JSON'],
  encoding_invalid: [400, 'The body is not UTF-8'],
  too_deep: [400, 'The body is nested too deeply'],
  too_many_keys: [400, 'The body has too many keys'],
  duplicate_key: [400, 'A key occurs twice'],
  request_invalid: [400, 'The request cannot be read'],
  query_invalid: [400, 'A query parameter is wrong'],
  header_invalid: [400, 'A header is wrong'],
  cursor_invalid: [400, 'The cursor is not one of ours'],
  cursor_filter_mismatch: [400, 'The cursor belongs to other filters'],
  unauthenticated: [401, 'An API key is needed'],
  role_missing: [403, 'The API key may not do this'],
  tenant_forbidden: [403, 'The API key belongs to another tenant'],
  csrf_refused: [403, 'The request does not come from the console'],
  not_found: [404, 'Not found'],
  method_not_allowed: [405, 'Method not allowed'],
  event_conflict: [409, 'The id was used with other content'],
  idempotency_key_reused: [409, 'The Idempotency-Key belongs to another request'],
  idempotency_key_busy: [409, 'The first request with this Idempotency-Key is under way'],
  webhook_deleted: [409, 'The webhook was deleted'],
  delivery_finished: [409, 'The delivery is finished'],
  nothing_undelivered: [409, 'Nothing of the event is undelivered'],
  webhook_inactive: [409, 'The webhook is not active'],
  secrets_unreadable: [409, 'No master key opens the secrets of the webhook'],
  replay_finished: [409, 'The replay has ended'],
  signature_none: [409, 'The webhook does not sign'],
  version_stale: [412, 'Somebody else changed it'],
  too_large: [413, 'The body is too large'],
  media_type_unsupported: [415, 'Unsupported content type'],
  validation_failed: [422, 'The body has wrong fields'],
  schema_mismatch: [422, 'The data does not fit the schema of its type'],
  type_reserved: [422, 'The event type is reserved'],
  unknown_event_type: [422, 'The event type is not in the catalogue'],
  if_match_missing: [428, 'If-Match is needed'],
  rate_limited: [429, 'Too many requests'],
  internal: [500, 'Something went wrong here'],
  ingest_unavailable: [503, 'Events cannot be accepted now'],
  database_unavailable: [503, 'MongoDB does not answer'],
  temporal_unavailable: [503, 'Temporal does not answer'],
  delivery_loop: [508, 'A delivery of herald came back as an event'],
} as const satisfies Record<string, readonly [number, string]>

/** Errors that one answer names: nobody reads more, and a caller cannot make an answer grow without end. */
export const ERRORS_MAX = 50

export type ProblemCode = keyof typeof PROBLEMS

/** One wrong place: an RFC 6901 pointer into the body, or `/query/name`, `/header/name`. */
export type FieldError = { pointer: string; detail: string; code: string }

type ApiErrorOptions = {
  errors?: FieldError[]
  headers?: Record<string, string>
  cause?: unknown
}

/** The one error that handlers throw; it becomes an RFC 9457 problem with at most 50 errors. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: ProblemCode
  readonly errors: FieldError[]
  readonly headers: Record<string, string>

  constructor(code: ProblemCode, detail: string, options: ApiErrorOptions = {}) {
    super(detail, { cause: options.cause })
    this.code = code
    this.errors = (options.errors ?? []).slice(0, ERRORS_MAX)
    this.headers = options.headers ?? {}
  }

  get status(): number {
    return PROBLEMS[this.code][0]
  }
}

/** What any thrown value is to the caller: ours as it is, an absent server 503, the rest `internal` without its message. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  if (error instanceof IngestUnavailable)
    return new ApiError('ingest_unavailable', error.message, {
      headers: { 'retry-after': String(error.retryAfterSeconds) },
      cause: error,
    })
  if (error instanceof EventTooLarge)
    return new ApiError('too_large', error.message, { cause: error })
  if (isUnavailable(error)) return databaseUnavailable(error)
  if (isClientFault(error))
    return new ApiError('request_invalid', 'The request line cannot be read.', { cause: error })
  return new ApiError('internal', 'The error is in the log under this request id.', {
    cause: error,
  })
}

/** 503 with Retry-After: MongoDB is away, the same request may be sent again. */
export function databaseUnavailable(cause: unknown): ApiError {
  return new ApiError('database_unavailable', 'MongoDB does not answer; try again shortly.', {
    headers: { 'retry-after': '2' },
    cause,
  })
}

/** The RFC 9457 body of an error; `docsUrl` is where the codes are explained. */
export function problemBody(error: ApiError, requestId: string, docsUrl: string) {
  return {
    type: `${docsUrl}#${error.code}`,
    title: PROBLEMS[error.code][1],
    status: error.status,
    detail: error.message,
    code: error.code,
    requestId,
    errors: error.errors,
  }
}

/** Express marks what the caller did wrong, such as `%zz` in a path, with a 4xx status. */
function isClientFault(error: unknown): boolean {
  const status = error instanceof Error && 'status' in error ? error.status : undefined
  return typeof status === 'number' && status >= 400 && status < 500
}
