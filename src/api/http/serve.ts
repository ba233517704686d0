import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express'
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
import { type Answer, type Route, routeName, type UnparsedCall } from './route.ts'

/** What the requests of one app share. */
export type ServeContext = {
  deps: ApiDependencies
  keys: KeyCache
  validation: EventValidation
  limits: IngestLimits
  logins: Logins
  clientAddress: ReturnType<typeof clientAddressOf>
}

/** Express' handler of a route: who asks, then what the route answers. */
export function serve(route: Route, context: ServeContext): RequestHandler {
  const { limits } = context
  const running = routeName(route)
  const run = async (call: UnparsedCall) => {
    nowRunning(running)
    const answer = await route.run(call)
    nowRunning(running)
    return answer
  }
  return async (request, response) => {
    const facts = requestFacts(response)
    facts.route = route.path
    const caller = route.role ? await authenticate(request, route.role, context) : ANONYMOUS
    facts.caller = caller
    const { requestId, receivedAtMs } = facts
    const { id = '', name = '' } = request.params
    const params = { id: String(id), name: String(name) }
    const call = { ...context, caller, requestId, request, receivedAtMs, params }
    if (route.role !== 'ingest') return send(response, await run(call))
    try {
      limits.enter(caller.keyId)
    } finally {
      response.set(limits.headers(caller.keyId))
    }
    try {
      send(response, await run(call))
    } finally {
      limits.leave()
    }
  }
}

/** Every path that no route has. */
export const notFound: RequestHandler = () => {
  throw new ApiError('not_found', 'No such path; see /v1/openapi.json.')
}

/** 405 that names the methods there are. */
export function wrongMethod(methods: string[]): RequestHandler {
  const allow = methods.map((method) => method.toUpperCase()).join(', ')
  return () => {
    throw new ApiError('method_not_allowed', `Use ${allow}.`, { headers: { allow } })
  }
}

/** The one mapper of errors to problems; what we did not foresee is logged with its stack. */
export function answerError(deps: ApiDependencies): ErrorRequestHandler {
  const docsUrl = publicUrl(deps.config, '/docs/errors')
  return (thrown: unknown, _request: Request, response: Response, _next: unknown) => {
    const error = toApiError(thrown)
    const facts = requestFacts(response)
    facts.code = error.code
    if (error.status >= 500)
      deps.logger.error({ err: error.cause ?? error, requestId: facts.requestId }, 'request.failed')
    if (response.headersSent) return void response.destroy()
    response
      .status(error.status)
      .set({ ...error.headers, 'cache-control': 'no-store' })
      .type('application/problem+json')
      .send(JSON.stringify(problemBody(error, facts.requestId, docsUrl)))
  }
}

function send(response: Response, answer: Answer): void {
  response.status(answer.status).set({ 'cache-control': 'no-store', ...answer.headers })
  if (answer.body === undefined) return void response.end()
  response.type('application/json').send(spliced(JSON.stringify(answer.body), answer.raw ?? {}))
}

/** Adds members whose JSON text is kept as it came, so that big numbers survive. */
function spliced(object: string, raw: Record<string, string | undefined>): string {
  const members = Object.entries(raw).flatMap(([key, text]) =>
    text === undefined ? [] : [`,${JSON.stringify(key)}:${text}`],
  )
  return object.slice(0, -1) + members.join('') + object.slice(-1)
}
