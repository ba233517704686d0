import type { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { setMaxListeners } from 'node:events'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { Agent, type Dispatcher } from 'undici'
import type { AddressGuard } from '../address/address-guard.ts'
import { type ConnectTimings, openConnection } from './connect.ts'
import type { EgressProxy } from './egress-proxy.ts'
import { type Failure, failureOf } from './failure.ts'
import { isAnswered, limitHead } from './limit-head.ts'

export type ConnectionOptions = {
  guard: AddressGuard
  /** How long an idle connection is kept for the next request; 0 keeps none. */
  keepAliveMs?: number
  /** Every connection is made through it, if there is one. */
  proxy?: EgressProxy | undefined
}

/** What becomes known of an attempt while its request finds a connection. */
export type Connecting = {
  timings: ConnectTimings
  connectedAt: number
  /** Whether a connection was begun for it, ready or not. */
  connects?: true
  /** The connection that its request was written to last, and whether others were before. */
  sentOver?: { socket: Socket; isReused: boolean }
}

export type Connections = {
  /** Takes a connection that is there, or makes one. */
  kept: Dispatcher
  /** Makes one for each request. */
  fresh: Dispatcher
  /** Closes them, also those that are being made. */
  destroy(): Promise<void>
}

const KEEP_ALIVE_MS = 1_500
/** So that a receiver that moves to another address is found again under steady load. */
const MAX_REQUESTS_PER_CONNECTION = 1_000

/** The connections of a process to receivers; every one passes the guard. */
export function openConnections(
  options: ConnectionOptions,
  attempts: AsyncLocalStorage<Connecting>,
): Connections {
  const closing = new AbortController()
  setMaxListeners(0, closing.signal)
  const connect = connector(options, attempts, closing.signal)
  const { keepAliveMs = KEEP_ALIVE_MS } = options
  const kept = agentOf(connect, keepAliveMs)
  const fresh = agentOf(connect, 0)
  const leave = followUse(attempts)
  return {
    kept,
    fresh,
    async destroy() {
      leave()
      closing.abort()
      await Promise.all([kept.destroy(), fresh.destroy()])
    },
  }
}

/**
 * Whether the request met the end of a connection that the receiver had kept open for it: others had gone over it, and
 * it was closed before a byte of an answer came (docs/decisions/0012).
 */
export function isLost({ connects, sentOver }: Connecting, error: unknown): boolean {
  if (failureOf(error).code !== 'reset') return false
  if (!sentOver) return !connects
  return sentOver.isReused && !isAnswered(sentOver.socket)
}

/** As failureOf. A receiver of TLS often just closes a connection that begins with plain text, so both are said. */
export function connectionFailure({ sentOver }: Connecting, error: unknown): Failure {
  const failure = failureOf(error)
  const isPlain = sentOver && !(sentOver.socket instanceof TLSSocket)
  if (failure.code !== 'reset' || !isPlain || isAnswered(sentOver.socket)) return failure
  const { detail } = failure
  return { ...failure, detail: `${detail}; a receiver that speaks TLS needs a URL with https://` }
}

function agentOf(connect: NonNullable<Agent.Options['connect']>, keepAliveMs: number): Agent {
  return new Agent({
    connect,
    pipelining: keepAliveMs === 0 ? 0 : 1,
    keepAliveTimeout: keepAliveMs || KEEP_ALIVE_MS,
    keepAliveMaxTimeout: keepAliveMs || KEEP_ALIVE_MS,
    maxRequestsPerClient: MAX_REQUESTS_PER_CONNECTION,
    // The attempt's own deadline rules: undici's timers start anew with each byte or 1xx response.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
}

/** undici calls this while a request is being dispatched, so the store is the attempt that caused the connection. */
function connector(
  { guard, proxy }: ConnectionOptions,
  attempts: AsyncLocalStorage<Connecting>,
  signal: AbortSignal,
): NonNullable<Agent.Options['connect']> {
  return ({ hostname, port, protocol }, callback) => {
    const attempt = attempts.getStore()
    const secure = protocol === 'https:'
    if (attempt) attempt.connects = true
    openConnection(guard, {
      hostname,
      port: Number(port) || (secure ? 443 : 80),
      secure,
      timings: attempt?.timings ?? { dnsMs: null, connectMs: null, tlsMs: null },
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

/** Notes of each attempt which connection its request goes over; undici says so on channels of its own (DiagnosticsChannelSupport). */
function followUse(attempts: AsyncLocalStorage<Connecting>): () => void {
  const used = new WeakSet<Socket>()
  const requests = new WeakMap<object, Connecting>()
  const created = (message: unknown) => {
    const attempt = attempts.getStore()
    if (attempt) requests.set((message as { request: object }).request, attempt)
  }
  const sending = (message: unknown) => {
    const { request, socket } = message as { request: object; socket: Socket }
    const attempt = requests.get(request)
    if (!attempt) return
    attempt.sentOver = { socket, isReused: used.has(socket) }
    used.add(socket)
  }
  subscribe('undici:request:create', created)
  subscribe('undici:client:sendHeaders', sending)
  return () => {
    unsubscribe('undici:request:create', created)
    unsubscribe('undici:client:sendHeaders', sending)
  }
}
