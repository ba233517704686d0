import type { ProblemCode } from '../../src/api/http/errors.ts'

/** Why a request gets a problem, what its sender can do, and a `detail` as it comes. */
export type ProblemHelp = readonly [cause: string, todo: string, example: string]

/** The words for each code of a problem. */
export const PROBLEM_HELP: Readonly<Record<ProblemCode, ProblemHelp>> = {
  json_invalid: [
    'The bytes are no JSON text (RFC 8259): a comma too many, single quotes, a body that was cut off.',
    'Send what your JSON library writes, and all of it; `detail` says where it stops being JSON.',
    'Not JSON at character 41.',
  ],
  encoding_invalid: [
    'JSON is UTF-8 (RFC 8259 §8.1), and these bytes are not: often Latin-1 or UTF-16.',
    'Encode the body as UTF-8, without a byte order mark.',
    'The body must be valid UTF-8.',
  ],
  too_deep: [
    'Arrays and objects are nested more than 64 deep, which no receiver reads.',
    'Send flatter data, or the inner part as a string.',
    'At most 64 levels; these are 65.',
  ],
  too_many_keys: [
    'The body has more members than herald reads of one request.',
    'Send a list where keys are data, or several events.',
    'At most 10000 keys; these are 12000.',
  ],
  duplicate_key: [
    'An object names the same key twice; readers disagree which one counts.',
    'Name it once; `errors` points at it.',
    '“amount” occurs twice.',
  ],
  request_invalid: [
    'The request line, a part of the path or the framing of the body cannot be read.',
    'Escape the parts of the path (`encodeURIComponent`) and send the length that the body has.',
    'The request line cannot be read.',
  ],
  query_invalid: [
    'A query parameter is unknown, or its value is not one that it takes.',
    '`errors` names the parameter and what it takes; the reference has them all.',
    '/query/stat: “stat” is not known; did you mean “state”?',
  ],
  header_invalid: [
    'A header of the request has a value that it cannot have.',
    '`errors` names the header and what it takes.',
    'Idempotency-Key must be 1–255 printable characters.',
  ],
  cursor_invalid: [
    'The cursor was changed, cut off, or comes from somewhere else.',
    'Take the cursor of a page as it is; begin without one where it is lost.',
    'Use a cursor of `page` as it is, or none.',
  ],
  cursor_filter_mismatch: [
    'A cursor belongs to the filters and the order of the page that gave it.',
    'Keep all other parameters the same while you page, or begin again without a cursor.',
    'The filters changed since this cursor was made; start again without it.',
  ],
  unauthenticated: [
    'There is no key, or it is unknown, expired or revoked; `WWW-Authenticate` tells which.',
    'Send `Authorization: Bearer KEY`; an admin makes keys in the console, by `POST /v1/api-keys`.',
    'This API key is not known.',
  ],
  role_missing: [
    'The key is known, and its role may not do this.',
    'Use a key of a higher role; the guide on roles says who may do what.',
    'This needs the role admin; the key has viewer.',
  ],
  tenant_forbidden: [
    'The key belongs to one tenant, and the request names another.',
    'Leave the tenant out, or use a key of that tenant.',
    'This API key is bound to another tenant.',
  ],
  csrf_refused: [
    'A request with the cookie of the console did not come from its pages.',
    'Programs use an API key, not the cookie.',
    'Send the `csrf` of the session as Herald-CSRF.',
  ],
  not_found: [
    'Nothing has this path or id, or it belongs to another tenant, or its retention is over.',
    'Check the id and the key’s tenant; paths are lower case.',
    'No such delivery.',
  ],
  method_not_allowed: [
    'The path is there, and this method is not.',
    '`Allow` has the methods of the path.',
    'Use GET, HEAD, PATCH, DELETE, OPTIONS.',
  ],
  event_conflict: [
    'An event with this id was accepted before, with other bytes. The first one counts.',
    'Give a new event a new id; send a retry with the same bytes.',
    'The id was used before with other content.',
  ],
  idempotency_key_reused: [
    'This `Idempotency-Key` was used within 24 h with another body or path.',
    'Make a new key for each thing that is to be made; keep it for retries of that one.',
    'This Idempotency-Key was used for another request; make a new key for a new request.',
  ],
  idempotency_key_busy: [
    'The first request with this `Idempotency-Key` has no answer yet.',
    'Send it again after `Retry-After`: the answer is the first one’s.',
    'The first request with this Idempotency-Key is under way.',
  ],
  webhook_deleted: [
    'The webhook was deleted; its history can be read, and nothing is sent to it.',
    'Make a new webhook; a replay gives it past events.',
    'Its webhook was deleted; nobody would get it.',
  ],
  delivery_finished: [
    'The delivery has ended, so there is nothing to cancel or to send now.',
    'Redeliver it where it is to be sent again.',
    'It is finished; there is nothing to cancel.',
  ],
  nothing_undelivered: [
    'Everything of the event was delivered, so there is nothing to run again.',
    'Redeliver one delivery where it is to be sent again all the same.',
    'Every delivery of the event is delivered, cancelled or skipped, or its webhook was deleted.',
  ],
  webhook_inactive: [
    'The webhook is paused or disabled, so what is asked for would not be sent.',
    'Resume or enable it first.',
    '“CRM” is paused and would get nothing. Resume it first (POST /v1/webhooks/wh_…/resume), then replay.',
  ],
  secrets_unreadable: [
    'The secrets of the webhook are sealed with a master key that this herald does not have.',
    'Start herald with the key that sealed them, or set them anew.',
    'No master key opens the secrets of the webhook.',
  ],
  replay_finished: [
    'The replay has ended, so it cannot be paused, resumed or cancelled.',
    'Make a new replay for what is left.',
    'The replay is completed and stays so.',
  ],
  signature_none: [
    'The webhook was made without a signature, so it has no secret to show or rotate.',
    'Choose a signature for it first.',
    'Choose a signature scheme for the webhook first.',
  ],
  version_stale: [
    'Somebody changed it after you read it; `If-Match` is not its version any more.',
    'Read it again, apply your change to that, and send its new ETag.',
    'It was changed since you read it; read it again.',
  ],
  too_large: [
    'The body is larger than this path takes.',
    'Send less, several batches, or a link to the data.',
    'At most 1048576 bytes.',
  ],
  media_type_unsupported: [
    'The content type or encoding of the body is not one that this path reads.',
    'Send `Content-Type: application/json`; a body may be compressed by gzip alone.',
    'Send application/json in UTF-8.',
  ],
  validation_failed: [
    'The body is JSON, and a field is missing, unknown or has a value that it cannot have.',
    '`errors` has each place as a JSON pointer with what it takes.',
    '/target/url: is required',
  ],
  schema_mismatch: [
    'The tenant rejects events whose `data` does not fit the schema of their type.',
    'Mend `data` at the places in `errors`, or publish a new version of the type.',
    '/data/userId: is required',
  ],
  type_reserved: [
    'Types that begin with `herald.` are herald’s own operator events.',
    'Choose another name.',
    '/type: “herald.webhook.disabled” is reserved: herald itself makes the events whose type begins with “herald.”',
  ],
  unknown_event_type: [
    'The tenant rejects events whose type is not in its catalogue.',
    'Mend the name, or add the type with `POST /v1/event-types`.',
    '/type: “order_payed” is not known; did you mean “order_paid”?',
  ],
  if_match_missing: [
    'This change could undo somebody else’s, so it needs the version that you read.',
    'Send the `ETag` of your read as `If-Match`; `*` overwrites whatever is there.',
    'Send the ETag that you have read as If-Match.',
  ],
  rate_limited: [
    'The key, or the address without a valid key, sends more requests than it may.',
    'Wait for `Retry-After`; send events in batches of up to 500.',
    'This API key sends more events than it may.',
  ],
  internal: [
    'A fault of herald. What was accepted before is not lost.',
    'Look into the log under `requestId`, and report it.',
    'The error is in the log under this request id.',
  ],
  ingest_unavailable: [
    'More events wait than herald takes on, or Temporal is away. The event was not accepted.',
    'Send the same request with the same id again after `Retry-After`; nothing is doubled.',
    'Temporal did not answer in time.',
  ],
  database_unavailable: [
    'MongoDB does not answer: it is away, or changes its primary.',
    'Send the same request again after `Retry-After`.',
    'MongoDB does not answer; try again shortly.',
  ],
  temporal_unavailable: [
    'Temporal does not answer: it is away, or too slow.',
    'Send the same request again after `Retry-After`.',
    'The workflow could not be started; try again.',
  ],
  delivery_loop: [
    'A delivery of herald came back to herald as an event, and would go round for ever.',
    'Take herald’s own URL out of the chain of receivers.',
    'A delivery of herald cannot be an event of herald.',
  ],
}
