import type { ErrorCode } from './failure-codes.ts'
/** A length of time as people write it: `500ms`, `1s`, `3m`, `24h`, `5d`. */
export type Duration = string

export type DeliveryState =
  'pending' | 'held' | 'retrying' | 'delivered' | 'failed' | 'cancelled' | 'skipped'

/** The states in which herald still owes the receiver something. */
export const OPEN_STATES = ['pending', 'held', 'retrying'] as const satisfies DeliveryState[]
/** The states in which a delivery stays until somebody redelivers it. */
export const FINAL_STATES = [
  'delivered',
  'failed',
  'cancelled',
  'skipped',
] as const satisfies DeliveryState[]

/** Who sends an owed delivery: the run of the workflow that waits for it, or (`run` is LANE_RUN) the lane of its webhook. */
export type Carrier = { workflow: string; run: string }
export const LANE_RUN = 'lane'

/** `paused` by a person, `disabled` by herald. */
export type WebhookState = 'active' | 'paused' | 'disabled'

export type Schedule =
  | { type: 'fixed'; interval: Duration; retries: number }
  | {
      type: 'exponential'
      initial: Duration
      factor: number
      max?: Duration | undefined
      retries: number
      jitter?: number | undefined
    }
  | { type: 'list'; delays: Duration[]; jitter?: number | undefined }
  | { type: 'within'; attempts: number; within: Duration }

type HttpTarget = {
  type: 'http'
  url: string
  headers?: Record<string, string> | undefined
  apiKey?: { header: string; value: string } | undefined
  timeout: Duration
}
export type SlackTarget = {
  type: 'slack'
  url: string
  template?: string | undefined
  timeout: Duration
}
export type Target = HttpTarget | SlackTarget

export const FORMATS = [
  'standard',
  'spektr',
  'context',
  'cloudevents',
  'cloudevents-binary',
  'raw',
] as const
export type Format = (typeof FORMATS)[number]

export type Signature =
  | {
      scheme: 'standard-webhooks'
      /** True: Ed25519 (`v1a`), so that receivers verify with a public key. */
      asymmetric?: boolean | undefined
    }
  | {
      scheme: 'hmac-sha256'
      header: string
      encoding: 'hex' | 'base64'
      prefix?: string | undefined
    }
  | { scheme: 'timestamped'; header: string }
  | { scheme: 'none' }

/** `2xx`: any success status; `200`: only that one (the spektr guide). */
export type SuccessRule = '2xx' | '200'

export type RateLimit = { limit: number; per: Duration }

/** Disabled after this long and this many attempts of only failures. */
export type AutoDisable = { after: Duration; attempts: number }

/** What an event says about itself; `text` is the request body exactly as it came. */
export type EventEnvelope = {
  tenant: string
  id: string
  type: string
  subject?: string | undefined
  reference?: string | undefined
  occurredAt?: string | undefined
  /** `source`, `id` and `datacontenttype` of the CloudEvent that it came as; its `context` are the extension attributes then. */
  source?: string | undefined
  cloudEventId?: string | undefined
  dataContentType?: string | undefined
  receivedAt: string
  /** JSON text of `context` and `data`, byte for byte as received; big numbers survive. */
  context?: string | undefined
  data: string
  /** SHA-256 of the received bytes, hex: tells a duplicate from another event under the same id. */
  hash: string
  test?: boolean | undefined
  /** Of a test: the one webhook that gets it, whatever its events, filter and state. */
  onlyWebhook?: string | undefined
  /** Where `data` does not fit the schema of its type, if the tenant is warned; at most ten short entries. */
  validation?: { ok: false; errors: { pointer: string; detail: string }[] } | undefined
}

export type Timings = {
  /** Milliseconds of each phase; null where the phase did not take place (a reused connection, a failure before). */
  dnsMs: number | null
  connectMs: number | null
  tlsMs: number | null
  ttfbMs: number | null
  totalMs: number
}

/** What one HTTP request to a receiver came to; a receiver's fault is a value, never a throw. */
export type PostResult = {
  startedAt: number
  endedAt: number
  timings: Timings
  /** The receiver had closed the connection that the request went over, so it was sent once more over a fresh one. */
  reconnected?: true
  response?: {
    status: number
    headers: Record<string, string>
    body: string
    truncated: boolean
  }
  error?: { code: ErrorCode; detail: string; final?: boolean }
}
