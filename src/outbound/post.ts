import { AsyncLocalStorage } from 'node:async_hooks'
import type { Dispatcher } from 'undici'
import type { ErrorCode } from '../delivery/failure-codes.ts'
import type { PostResult, Timings } from '../delivery/types.ts'
import {
  connectionFailure,
  type Connecting,
  type ConnectionOptions,
  type Connections,
  isLost,
  openConnections,
} from './connect/connections.ts'
import { Deadline } from './connect/deadline.ts'
import { type Failure, PostFailure } from './connect/failure.ts'
import { Pauses } from './connect/pauses.ts'
import { gated, type Refusal, type SendGate } from './connect/send-gate.ts'
import { keptBody, keptHeaders, withoutQuery } from './connect/response.ts'
import { withTimeLimit } from './connect/time-limit.ts'

export type PostRequest = {
  url: string
  headers: Record<string, string>
  body: string | Uint8Array
  /** For the whole attempt: DNS, connection, TLS, headers and body. */
  timeoutMs: number
  /** Gives the attempt up; its result is then `unknown`. */
  signal?: AbortSignal
  /** A refusal ends the attempt as `limited`. */
  gate?: SendGate | undefined
}

export type Poster = {
  /**
   * One POST. A receiver's fault is a value, never a throw; redirects are not followed. Nothing is sent twice, but where
   * the receiver had closed a connection that was in use before (docs/decisions/0012).
   */
  post(request: PostRequest): Promise<PostResult>
  /** Waits for what is under way, then closes the connections. */
  close(): Promise<void>
}

export type PosterOptions = ConnectionOptions & { userAgent: string }

const BODY_TIMEOUT_MS = 5_000
/** Of the slot of a rate limit. */
const LIMITED: Failure = { code: 'limited', detail: 'its time slot had passed; nothing was sent' }
/** What a pause of this process looks like from inside: the receiver may have done its part. */
const LIKE_A_PAUSE = new Set<ErrorCode>([
  'dns_error',
  'connect_timeout',
  'reset',
  'timeout',
  'network_error',
  'proxy_error',
])
const STOPPED: Failure = {
  code: 'unknown',
  detail: 'herald was stopped meanwhile, and cannot tell whether the receiver answered',
}

type Answer = Pick<PostResult, 'response' | 'error'>
type Attempt = Connecting & {
  answeredAt: number | null
  refusal: Refusal
  /** Its connection was lost, and it was sent once more. */
  reconnected: boolean
}
type UnderWay = { request: PostRequest; attempt: Attempt; deadline: Deadline }
type Shared = {
  connections: Pick<Connections, 'kept' | 'fresh'>
  attempts: AsyncLocalStorage<Attempt>
  options: PosterOptions
  pauses: Pauses
}

/** The one HTTP client of a process that calls receivers; every connection passes the guard. */
export function createPoster(options: PosterOptions): Poster {
  const attempts = new AsyncLocalStorage<Attempt>()
  const connections = openConnections(options, attempts)
  const gate = gated(() => attempts.getStore()?.refusal)
  const dispatchers = {
    kept: connections.kept.compose(gate),
    fresh: connections.fresh.compose(gate),
  }
  const pauses = new Pauses()
  const underWay = new Set<Promise<PostResult>>()
  return {
    async post(request) {
      const result = post({ connections: dispatchers, attempts, options, pauses }, request)
      underWay.add(result)
      return result.finally(() => underWay.delete(result))
    },
    async close() {
      await Promise.allSettled(underWay)
      pauses.stop()
      await connections.destroy()
    },
  }
}

async function post(shared: Shared, request: PostRequest): Promise<PostResult> {
  const begunAt = performance.now()
  const deadline = new Deadline(request.timeoutMs, shared.pauses, request.signal)
  const attempt: Attempt = {
    timings: { dnsMs: null, connectMs: null, tlsMs: null },
    connectedAt: begunAt,
    answeredAt: null,
    refusal: () => refusalOf(request, deadline),
    reconnected: false,
  }
  const answer = await answerTo(shared, { request, attempt, deadline }).catch((error: unknown) => {
    const failure = connectionFailure(attempt, error)
    const isBlameless = LIKE_A_PAUSE.has(failure.code) && shared.pauses.since(begunAt)
    return { error: isBlameless ? STOPPED : failure }
  })
  deadline.clear()
  const endedAt = performance.now()
  return {
    startedAt: performance.timeOrigin + begunAt,
    endedAt: performance.timeOrigin + endedAt,
    timings: timingsOf(attempt, endedAt - begunAt),
    ...(attempt.reconnected && { reconnected: true as const }),
    ...answer,
  }
}

/** To a tenth of a millisecond, as people read it. */
function timingsOf({ timings, answeredAt, connectedAt }: Attempt, totalMs: number): Timings {
  const { dnsMs, connectMs, tlsMs } = timings
  const rounded = (ms: number) => Math.round(ms * 10) / 10
  const passed = (ms: number | null) => (ms === null ? null : rounded(ms))
  return {
    dnsMs: passed(dnsMs),
    connectMs: passed(connectMs),
    tlsMs: passed(tlsMs),
    ttfbMs: passed(answeredAt === null ? null : answeredAt - connectedAt),
    totalMs: rounded(totalMs),
  }
}

/** Its slot first: a request that gives that back does not count as an attempt. */
function refusalOf({ gate }: PostRequest, deadline: Deadline): Failure | undefined {
  if (gate?.() === false) return LIMITED
  return deadline.isOver ? deadline.late : undefined
}

/** Throws what connectionFailure understands. */
async function answerTo(shared: Shared, under: UnderWay): Promise<Answer> {
  const { request, attempt, deadline } = under
  const checked = shared.options.guard.checkUrl(request.url)
  if (!checked.ok)
    throw new PostFailure({ code: 'destination_refused', detail: checked.detail, final: true })
  const response = await responseHead(shared, checked.url, under)
  attempt.answeredAt = performance.now()
  return judged(response, deadline.signal)
}

/** The response head. A request of a rate limit's slot is never sent again: the receiver might count two in it. */
async function responseHead(
  { connections, ...shared }: Shared,
  url: URL,
  under: UnderWay,
): Promise<Dispatcher.ResponseData> {
  try {
    return await sent({ agent: connections.kept, ...shared }, url, under)
  } catch (error) {
    if (under.request.gate || !isLost(under.attempt, error)) throw error
    under.attempt.reconnected = true
    return sent({ agent: connections.fresh, ...shared }, url, under)
  }
}

/**
 * The response head. Raced against the signal, since undici does not watch it while a request waits for its
 * connection; passed on as well, so that a request that is late is never sent.
 */
async function sent(
  { agent, attempts, options }: Omit<Shared, 'connections'> & { agent: Dispatcher },
  url: URL,
  { request, attempt, deadline }: UnderWay,
): Promise<Dispatcher.ResponseData> {
  const { signal } = deadline
  signal.throwIfAborted()
  const named = Object.keys(request.headers).some((name) => name.toLowerCase() === 'user-agent')
  const response = attempts.run(attempt, () =>
    agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: 'POST',
      headers: { ...(named ? {} : { 'user-agent': options.userAgent }), ...request.headers },
      body: request.body,
      signal,
    }),
  )
  let onAbort = () => {}
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason as Error)
  })
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([response, aborted])
  } catch (error) {
    response.then(({ body }) => body.on('error', () => undefined).destroy()).catch(() => undefined)
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** The status line decides; whatever happens to the body afterwards only shortens what is kept of it. */
async function judged(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  deadline: AbortSignal,
): Promise<Answer> {
  const kept = await withTimeLimit(deadline, BODY_TIMEOUT_MS, (limit) =>
    keptBody(body, headers, limit),
  )
  const error = statusFailure(statusCode, String(headers['location'] ?? ''))
  return {
    response: { status: statusCode, headers: keptHeaders(headers), ...kept },
    ...(error && { error }),
  }
}

function statusFailure(status: number, location: string): Failure | undefined {
  if (status < 100 || status > 599)
    return { code: 'response_invalid', detail: `${status} is not a status of HTTP` }
  if (status < 300 || status > 399) return undefined
  const to = location ? ` to ${withoutQuery(location)}` : ''
  return { code: 'redirect_refused', detail: `redirects are not followed: ${status}${to}` }
}
