import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestHandler } from 'express'
import { ANONYMOUS, authenticate } from '../access/auth.ts'
import type { clientAddressOf } from '../limits/client-address.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { ApiError, problemBody, toApiError } from './errors.ts'
import type { EventValidation } from '../events/validation.ts'
import type { IngestLimits } from '../limits/ingest.ts'
import type { KeyCache } from '../access/key-cache.ts'
import { nowRunning } from '../../running.ts'
import { publicUrl } from './links.ts'
import type { Logins } from '../access/logins.ts'
import { requestFacts } from './log.ts'
import { type Answer, PATCH_TYPES, type Route, routeName, type UnparsedCall } from './route.ts'

/** What the requests of one app share. */
export type ServeContext = {
  deps: ApiDependencies
  keys: KeyCache
  validation: EventValidation
  limits: IngestLimits
  logins: Logins
  clientAddress: ReturnType<typeof clientAddressOf>
}

/** A request for a route, and what its path names. */
export type Served = {
  request: IncomingMessage
  response: ServerResponse
  params: UnparsedCall['params']
}

/** Who asks, then what the route answers, or the problem that it throws. Never throws. */
export async function serve(route: Route, context: ServeContext, served: Served): Promise<void> {
  try {
    await answerOf(route, context, served)
  } catch (error) {
    answerError(context.deps, error, served.response)
  }
}

async function answerOf(
  route: Route,
  context: ServeContext,
  { request, response, params }: Served,
): Promise<void> {
  const facts = requestFacts(response)
  facts.route = route.path
  if (params.id) facts.id = params.id
  const caller = route.role ? await authenticate(request, route.role, context) : ANONYMOUS
  facts.caller = caller
  const { requestId, receivedAtMs } = facts
  const call = { ...context, caller, requestId, facts, request, receivedAtMs, params }
  if (route.role !== 'ingest') return await send(response, await run(route, call))
  const { limits } = context
  try {
    limits.enter(caller.keyId)
  } finally {
    for (const [name, value] of limits.headers(caller.keyId)) response.setHeader(name, value)
  }
  try {
    await send(response, await run(route, call))
  } finally {
    limits.leave()
  }
}

async function run(route: Route, call: UnparsedCall): Promise<Answer> {
  const running = routeName(route)
  nowRunning(running)
  const answer = await route.run(call)
  nowRunning(running)
  return answer
}

/** Every path that no route has. */
export const notFound: RequestHandler = () => {
  throw new ApiError('not_found', 'No such path; see /v1/openapi.json.')
}

/** 404 that says where the metrics are. */
export function metricsElsewhere({
  METRICS_PORT: port,
}: Pick<ApiDependencies['config'], 'METRICS_PORT'>): RequestHandler {
  const where = port === 0 ? 'nowhere: METRICS_PORT is 0' : `on port ${port}, at /metrics`
  return () => {
    throw new ApiError('not_found', `Metrics are not on the port of the API; they are ${where}.`)
  }
}

/** The methods of a path: 204 to OPTIONS, 405 to every other (RFC 9110 10.2.1, RFC 5789 3.1). */
export function otherMethods(methods: readonly Route['method'][]): RequestHandler {
  const allow = methods.flatMap((method) =>
    method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()],
  )
  const headers = {
    allow: [...allow, 'OPTIONS'].join(', '),
    ...(methods.includes('patch') && { 'accept-patch': PATCH_TYPES.join(', ') }),
  }
  return ({ method }, response) => {
    if (method === 'OPTIONS') return void response.writeHead(204, headers).end()
    throw new ApiError('method_not_allowed', `Use ${allow.join(', ')}.`, { headers })
  }
}

/** The one mapper of errors to problems; what we did not foresee is logged with its stack. */
export function answerError(
  { config, logger }: ApiDependencies,
  thrown: unknown,
  response: ServerResponse,
): void {
  const error = toApiError(thrown)
  const facts = requestFacts(response)
  facts.code = error.code
  if (error.status >= 500)
    logger.error({ err: error.cause ?? error, requestId: facts.requestId }, 'request.failed')
  if (response.headersSent) return void response.destroy()
  const problem = problemBody(error, facts.requestId, publicUrl(config, '/docs/errors'))
  sendText(response, JSON.stringify(problem), {
    status: error.status,
    headers: { ...error.headers, 'content-type': 'application/problem+json; charset=utf-8' },
  })
}

async function send(response: ServerResponse, answer: Answer): Promise<void> {
  const { status, headers, body, raw, stream } = answer
  if (stream) {
    response.writeHead(status, { 'cache-control': 'no-store', ...headers })
    return response.req.method === 'HEAD' ? void response.end() : await stream(response)
  }
  if (body === undefined)
    return void response.writeHead(status, { 'cache-control': 'no-store', ...headers }).end()
  sendText(response, spliced(JSON.stringify(body), raw ?? {}), {
    status,
    headers: { ...headers, 'content-type': 'application/json; charset=utf-8' },
  })
}

function sendText(
  response: ServerResponse,
  text: string,
  { status, headers }: { status: number; headers: Record<string, string> },
): void {
  const length = Buffer.byteLength(text)
  const all = { 'cache-control': 'no-store', ...headers, 'content-length': length }
  response.writeHead(status, all).end(text)
}

/** Adds members whose JSON text is kept as it came, so that big numbers survive. */
function spliced(object: string, raw: Record<string, string | undefined>): string {
  const members = Object.entries(raw).flatMap(([key, text]) =>
    text === undefined ? [] : [`,${JSON.stringify(key)}:${text}`],
  )
  return object.slice(0, -1) + members.join('') + object.slice(-1)
}
