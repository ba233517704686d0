import { AsyncLocalStorage } from 'node:async_hooks'
import { setMaxListeners } from 'node:events'
import { Agent, type Dispatcher } from 'undici'
import type { ErrorCode, PostResult } from '../delivery/types.ts'
import type { AddressGuard } from './address-guard.ts'
import { type ConnectTimings, openConnection } from './connect.ts'
import { Deadline } from './deadline.ts'
import type { EgressProxy } from './egress-proxy.ts'
import { type Failure, failureOf, PostFailure } from './failure.ts'
import { limitHead } from './limit-head.ts'
import { Pauses } from './pauses.ts'
import { gated, type Refusal, type SendGate } from './send-gate.ts'
import { keptBody, keptHeaders, withoutQuery } from './response.ts'
import { withTimeLimit } from './time-limit.ts'

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
  /** One POST. A receiver's fault is a value, never a throw; redirects are not followed and nothing is sent twice. */
  post(request: PostRequest): Promise<PostResult>
  /** Waits for what is under way, then closes the connections. */
  close(): Promise<void>
}

export type PosterOptions = {
  guard: AddressGuard
  userAgent: string
  /** How long an idle connection is kept for the next request; 0 keeps none. */
  keepAliveMs?: number
  /** Every connection is made through it, if there is one. */
  proxy?: EgressProxy | undefined
}

const KEEP_ALIVE_MS = 1_500
const BODY_TIMEOUT_MS = 5_000
/** So that a receiver that moves to another address is found again under steady load. */
const MAX_REQUESTS_PER_CONNECTION = 1_000
/** Of 1xx; without a limit a receiver could keep a worker busy with them until the deadline. */
const MAX_INTERIM_RESPONSES = 16
const TOO_MANY_INTERIM: Failure = {
  code: 'response_invalid',
  detail: `more than ${MAX_INTERIM_RESPONSES} interim responses (1xx)`,
}
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
type Attempt = {
  timings: ConnectTimings
  connectedAt: number
  answeredAt: number | null
  refusal: Refusal
}
type UnderWay = { request: PostRequest; attempt: Attempt; deadline: Deadline }
type Shared = {
  agent: Dispatcher
  attempts: AsyncLocalStorage<Attempt>
  options: PosterOptions
  pauses: Pauses
}

/** The one HTTP client of a process that calls receivers; every connection passes the guard. */
export function createPoster(options: PosterOptions): Poster {
  const attempts = new AsyncLocalStorage<Attempt>()
  const closing = new AbortController()
  setMaxListeners(0, closing.signal)
  const keepAliveMs = options.keepAliveMs ?? KEEP_ALIVE_MS
  const agent = new Agent({
    connect: connector(options, attempts, closing.signal),
    pipelining: keepAliveMs === 0 ? 0 : 1,
    keepAliveTimeout: keepAliveMs || KEEP_ALIVE_MS,
    keepAliveMaxTimeout: keepAliveMs || KEEP_ALIVE_MS,
    maxRequestsPerClient: MAX_REQUESTS_PER_CONNECTION,
    // The attempt's own deadline rules: undici's timers start anew with each byte or 1xx response.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  const dispatcher = agent.compose(gated(() => attempts.getStore()?.refusal))
  const pauses = new Pauses()
  const underWay = new Set<Promise<PostResult>>()
  return {
    async post(request) {
      const result = post({ agent: dispatcher, attempts, options, pauses }, request)
      underWay.add(result)
      return result.finally(() => underWay.delete(result))
    },
    async close() {
      await Promise.allSettled(underWay)
      closing.abort()
      pauses.stop()
      await agent.destroy()
    },
  }
}

/** undici calls this while a request is being dispatched, so the store is the attempt that caused the connection. */
function connector(
  { guard, proxy }: PosterOptions,
  attempts: AsyncLocalStorage<Attempt>,
  signal: AbortSignal,
): NonNullable<Agent.Options['connect']> {
  return ({ hostname, port, protocol }, callback) => {
    const attempt = attempts.getStore()
    const secure = protocol === 'https:'
    openConnection(guard, {
      hostname,
      port: Number(port) || (secure ? 443 : 80),
      secure,
      timings: attempt?.timings ?? noTimings(),
      proxy,
      signal,
    }).then(
      (socket) => {
        if (attempt) attempt.connectedAt = performance.now()
        callback(null, limitHead(socket))
      },
      (error: Error) => callback(error, null),
    )
  }
}

async function post(shared: Shared, request: PostRequest): Promise<PostResult> {
  const begunAt = performance.now()
  const deadline = new Deadline(request.timeoutMs, shared.pauses, request.signal)
  const attempt: Attempt = {
    timings: noTimings(),
    connectedAt: begunAt,
    answeredAt: null,
    refusal: () => refusalOf(request, deadline),
  }
  const answer = await answerTo(shared, { request, attempt, deadline }).catch((error: unknown) => {
    const failure = failureOf(error)
    const isBlameless = LIKE_A_PAUSE.has(failure.code) && shared.pauses.since(begunAt)
    return { error: isBlameless ? STOPPED : failure }
  })
  deadline.clear()
  const endedAt = performance.now()
  return {
    startedAt: performance.timeOrigin + begunAt,
    endedAt: performance.timeOrigin + endedAt,
    timings: {
      ...attempt.timings,
      ttfbMs: attempt.answeredAt === null ? null : attempt.answeredAt - attempt.connectedAt,
      totalMs: endedAt - begunAt,
    },
    ...answer,
  }
}

/** Its slot first: a request that gives that back does not count as an attempt. */
function refusalOf({ gate }: PostRequest, deadline: Deadline): Failure | undefined {
  if (gate?.() === false) return LIMITED
  return deadline.isOver ? deadline.late : undefined
}

/** Throws what failureOf understands. */
async function answerTo(shared: Shared, under: UnderWay): Promise<Answer> {
  const { request, attempt, deadline } = under
  const checked = shared.options.guard.checkUrl(request.url)
  if (!checked.ok)
    throw new PostFailure({ code: 'destination_refused', detail: checked.detail, final: true })
  const response = await sent(shared, checked.url, under)
  attempt.answeredAt = performance.now()
  return judged(response, deadline.signal)
}

/**
 * The response head. Raced against the signal, since undici does not watch it while a request waits for its
 * connection; passed on as well, so that a request that is late is never sent.
 */
async function sent(
  { agent, attempts, options }: Shared,
  url: URL,
  { request, attempt, deadline }: UnderWay,
): Promise<Dispatcher.ResponseData> {
  const { signal } = deadline
  let interim = 0
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
      onInfo() {
        interim++
        if (interim > MAX_INTERIM_RESPONSES) deadline.end(TOO_MANY_INTERIM)
      },
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

function noTimings(): ConnectTimings {
  return { dnsMs: null, connectMs: null, tlsMs: null }
}
