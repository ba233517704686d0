import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Caller } from '../access/auth.ts'
import type { ApiDependencies } from '../dependencies.ts'

/** What is known of a request while it is served; the log line is made from it. */
export type RequestFacts = {
  requestId: string
  receivedAtMs: number
  route?: string
  /** What the path names. This and the next are in the log only where it was there or taken: else it may be anything, such as a key. */
  id?: string
  /** Of ingest, the first where there are several, and how many there are: it leads on to the lines of their attempts. */
  event?: string
  events?: number
  caller?: Caller
  /** Of the problem that was answered. */
  code?: string
}

const ACCEPTED_ID = /^[A-Za-z0-9_-]{1,64}$/
const known = new WeakMap<ServerResponse, RequestFacts>()

/** Names the request, and writes one line about it when it is over: no query, no headers, no bodies. */
export function beginRequest(
  deps: ApiDependencies,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const given = request.headers['x-request-id']
  const isTaken = typeof given === 'string' && ACCEPTED_ID.test(given)
  const facts: RequestFacts = {
    requestId: isTaken ? given : randomUUID(),
    receivedAtMs: deps.now(),
  }
  known.set(response, facts)
  response.setHeader('x-request-id', facts.requestId)
  deps.metrics.requestBegun()
  response.once('close', () => endRequest(deps, request, { response, facts }))
}

/** The facts that beginRequest began. Throws where it did not. */
export function requestFacts(response: ServerResponse): RequestFacts {
  const facts = known.get(response)
  if (!facts) throw new Error('the request was not begun')
  return facts
}

function endRequest(
  { logger, metrics, now }: ApiDependencies,
  { method = '' }: IncomingMessage,
  { response, facts }: { response: ServerResponse; facts: RequestFacts },
): void {
  const { caller, receivedAtMs, id, event, events, ...rest } = facts
  const durationMs = now() - receivedAtMs
  const { statusCode: status, writableFinished: complete } = response
  metrics.requestServed({ route: facts.route ?? 'none', method, status, durationMs })
  if (!logger.isLevelEnabled('info')) return
  const { keyId: key, tenant } = caller ?? {}
  const named = status < 400 ? { id, event, events } : {}
  const line = { ...rest, ...named, method, status, complete, durationMs, key, tenant }
  logger.info(line, 'request.served')
}
