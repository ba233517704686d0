/**
 * What happened, what its reader can do, and how it reads in a record. Shown by the console and by the page of codes, where
 * each has its place.
 */
export type CodeWords = { happened: string; todo: string; example: string }

/** Why an attempt did not succeed; also the code of a delivery that failed with it. Stored and public: append only. */
export const ATTEMPT_CODES = {
  dns_error: {
    happened: 'The host name of the URL could not be resolved.',
    todo: 'Check the spelling of the URL and the name servers of its owner, then redeliver.',
    example: 'the host name could not be resolved (ENOTFOUND)',
  },
  connect_refused: {
    happened: 'Nothing listens at the address of the receiver.',
    todo: 'Ask its owner whether the service runs and its port is open, then redeliver.',
    example: 'the receiver refused the connection (ECONNREFUSED)',
  },
  connect_timeout: {
    happened: 'The receiver did not accept the connection in time.',
    todo: 'A firewall may drop the requests of herald: ask its owner, then redeliver.',
    example: 'the receiver did not accept the connection in time (ETIMEDOUT)',
  },
  reset: {
    happened: 'The connection was closed before an answer came.',
    todo: 'A proxy or a crash of the receiver does this: ask its owner for the log of that second.',
    example: 'the connection was closed before an answer (ECONNRESET)',
  },
  timeout: {
    happened: 'The receiver took the request and did not answer within the timeout of the webhook.',
    todo: 'It should answer first and work later; a longer timeout is in the webhook’s settings.',
    example: 'no answer within 10000 ms',
  },
  tls_error: {
    happened: 'No secure connection could be made: the certificate or the protocol was refused.',
    todo: 'The detail has the reason of the TLS library; its owner has to mend it.',
    example: 'no trusted TLS connection came about (CERT_HAS_EXPIRED)',
  },
  redirect_refused: {
    happened: 'The receiver answered with a redirect, which webhooks do not follow.',
    todo: 'Set the URL of the webhook to where the redirect leads.',
    example: 'redirects are not followed: 301 to https://www.example.com/hook',
  },
  destination_refused: {
    happened: 'The address behind the URL may not be called from here.',
    todo: 'An operator can allow it; Settings → Egress and limits shows what is allowed.',
    example: 'the host must have public addresses only',
  },
  response_invalid: {
    happened: 'What came back was not HTTP.',
    todo: 'Check that the URL leads to a web server, and its scheme.',
    example: 'the answer is not valid HTTP (HPE_INVALID_CONSTANT)',
  },
  unexpected_status: {
    happened: 'The receiver answered with a status that this webhook does not count as success.',
    todo: 'Where its success rule is 200, no other 2xx counts: let it answer 200, or change the rule in the webhook’s settings.',
    example: '204 where the webhook’s success rule is 200',
  },
  http_4xx: {
    happened: 'The receiver refused the request.',
    todo: 'Its answer says why: often the URL, an API key or the signature.',
    example: '401 with the body {"error":"bad signature"}',
  },
  http_5xx: {
    happened: 'The receiver failed while it worked on the request.',
    todo: 'Ask its owner, then redeliver.',
    example: '503 with the body Service Unavailable',
  },
  limited: {
    happened:
      'Its time slot had passed before it could leave. Nothing was sent, nobody is charged.',
    todo: 'It gets the next free slot of its rate limit by itself.',
    example: 'its time slot had passed; nothing was sent',
  },
  network_error: {
    happened: 'The network failed in a way that has no name of its own.',
    todo: 'The detail has the code of the operating system; look it up, then redeliver.',
    example: 'the request failed (ENETUNREACH)',
  },
  proxy_error: {
    happened: 'The egress proxy did not pass the request on. The receiver is not charged for it.',
    todo: 'Ask who runs the proxy.',
    example: 'the egress proxy answered 502',
  },
  unknown: {
    happened:
      'The process that sent it ended or stood still meanwhile, so what came of it is not known.',
    todo: 'It is sent again by itself, and the receiver is not charged. It may get the event twice; its webhook-id is the same.',
    example:
      'The worker ended before the answer was recorded; the receiver may have got this request.',
  },
} as const satisfies Record<string, CodeWords>

/** Why a delivery ended, or was never begun, for another reason than its last attempt. Stored and public: append only. */
export const ENDING_CODES = {
  gone: {
    happened: 'The receiver answered 410 Gone: it wants nothing more, so the webhook was disabled.',
    todo: 'Ask its owner; a test that succeeds makes the webhook active again.',
    example: 'The receiver answered 410 Gone.',
  },
  slack_gone: {
    happened: 'Slack says that the channel or the incoming webhook is gone.',
    todo: 'Make a new incoming webhook in Slack and set its URL.',
    example: 'Slack: channel_is_archived',
  },
  webhook_paused: {
    happened: 'The webhook was paused when the event came, so nothing is owed to it.',
    todo: 'Resume the webhook; then redeliver or replay what it should get after all.',
    example: 'The webhook was paused when the event came.',
  },
  webhook_disabled: {
    happened: 'The webhook is disabled: what was owed to it failed, what comes is skipped.',
    todo: 'Mend the receiver, resume the webhook, then redeliver or replay.',
    example: 'The webhook is disabled: it has failed without a success for 5 days.',
  },
  webhook_deleted: {
    happened: 'The webhook was deleted; nothing more is sent to it.',
    todo: 'Nothing. A new webhook gets past events by a replay.',
    example: 'The webhook was deleted.',
  },
  filter_error: {
    happened: 'The filter of the webhook failed on this event, so it is not known whether it fits.',
    todo: 'Mend the filter: POST /v1/webhooks/match tries it; then redeliver.',
    example: 'No such key: amount',
  },
  backlog_full: {
    happened: 'The webhook was owed too many deliveries already.',
    todo: 'Mend the receiver or raise its rate, then replay the skipped ones.',
    example: 'The webhook was owed too many deliveries already; replay this one later.',
  },
  crash_loop: {
    happened: 'Several attempts in a row ended with the death of the process that sent them.',
    todo: 'Look at the log of herald for why it died, then redeliver.',
    example: '20 attempts in a row ended with the death of their worker.',
  },
  workflow_cancelled: {
    happened: 'Somebody cancelled its workflow in Temporal.',
    todo: 'Redeliver it if the receiver should get it after all.',
    example: 'Its workflow was cancelled.',
  },
  cancelled: {
    happened: 'A person cancelled what was left of its schedule.',
    todo: 'Redeliver it if the receiver should get it after all.',
    example: 'A person cancelled its remaining attempts.',
  },
} as const satisfies Record<string, CodeWords>

export type ErrorCode = keyof typeof ATTEMPT_CODES
export type EndingCode = keyof typeof ENDING_CODES
/** Why a delivery ended, as it is stored. */
export type Reason = { code: ErrorCode | EndingCode; detail: string }
