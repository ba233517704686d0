import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import express, { type Express } from 'express'
import { clientAddressOf } from './limits/client-address.ts'
import { codecOrigin } from './operate/codec-routes.ts'
import type { ApiDependencies } from './dependencies.ts'
import { EventValidation } from './events/validation.ts'
import { IngestLimits } from './limits/ingest.ts'
import { KeyCache } from './access/key-cache.ts'
import { Logins } from './access/logins.ts'
import { builtFile } from './http/built-file.ts'
import { consoleRouter } from './http/console.ts'
import { crossOrigin } from './http/cross-origin.ts'
import { openApiText, referenceRouter } from './http/reference.ts'
import {
  answerError,
  metricsElsewhere,
  notFound,
  otherMethods,
  serve,
  type ServeContext,
} from './http/serve.ts'
import { beginRequest } from './http/log.ts'
import { ROUTES } from './routes.ts'
import type { Route } from './http/route.ts'
import { threads } from '../threads/pool.ts'
import { securityHeaders } from './http/security-headers.ts'

/** The HTTP API without listen. Events come before everything else: they are answered before a router is asked. */
export function createApp(deps: ApiDependencies): RequestListener {
  threads.keepReady()
  const context = contextOf(deps)
  const app = routedApp(context)
  const hot = new Map(ROUTES.filter(isIngest).map((route) => [route.path, route]))
  const crossing = crossOrigin(deps.config)
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const route = request.method === 'POST' ? hot.get(request.url ?? '') : undefined
    if (!route) return app(request, response)
    void serve(route, context, { request, response, params: { id: '', name: '' } })
  }
  return (request, response) => {
    beginRequest(deps, request, response)
    crossing(request, response, () => answer(request, response))
  }
}

function contextOf(deps: ApiDependencies): ServeContext {
  return {
    deps,
    keys: new KeyCache(deps),
    validation: new EventValidation(deps),
    limits: new IngestLimits(deps.config, deps.now),
    logins: new Logins(deps.now),
    clientAddress: clientAddressOf(deps.config.TRUSTED_PROXIES),
  }
}

/** The route table as Express routes it. */
function routedApp(context: ServeContext): Express {
  const { deps } = context
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  mount(app, ROUTES.filter(isIngest), context)
  app.use(securityHeaders())
  app.use('/codec', codecOrigin(deps.config))
  app.use(consoleRouter())
  app
    .route('/v1/openapi.json')
    .get(builtFile(openApiText(deps.config), 'application/json'))
    .all(otherMethods(['get']))
  app.use('/docs', referenceRouter(deps.config))
  mount(
    app,
    ROUTES.filter((one) => !isIngest(one)),
    context,
  )
  app.use('/metrics', metricsElsewhere(deps.config))
  app.use(notFound)
  app.use((thrown: unknown, _request: unknown, response: ServerResponse, _next: unknown) =>
    answerError(deps, thrown, response),
  )
  return app
}

/** Each method of a path to its handler; OPTIONS to 204, the other methods to 405. `GET /v1/events` shares its path with ingest. */
function mount(app: Express, routes: readonly Route[], context: ServeContext): void {
  const paths = new Set(routes.map(({ path }) => path))
  for (const path of paths) {
    const served = app.route(expressPath(path))
    const here = routes.filter((one) => one.path === path)
    for (const one of here) served[one.method](handlerOf(one, context))
    const all = ROUTES.filter((one) => one.path === path)
    if (isLastMount(all, here)) served.all(otherMethods(all.map(({ method }) => method)))
  }
}

function isIngest({ role }: Route): boolean {
  return role === 'ingest'
}

function handlerOf(route: Route, context: ServeContext): express.RequestHandler {
  return (request, response) => {
    const { id = '', name = '' } = request.params
    const params = { id: String(id), name: String(name) }
    return serve(route, context, { request, response, params })
  }
}

/** False while another route of this path is mounted later. */
function isLastMount(all: Route[], here: Route[]): boolean {
  return all.at(-1) === here.at(-1)
}

function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1')
}
