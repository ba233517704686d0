import express, { type Express } from 'express'
import { clientAddressOf } from './limits/client-address.ts'
import { codecOrigin } from './operate/codec-routes.ts'
import type { ApiDependencies } from './dependencies.ts'
import { EventValidation } from './events/validation.ts'
import { IngestLimits } from './limits/ingest.ts'
import { KeyCache } from './access/key-cache.ts'
import { Logins } from './access/logins.ts'
import { buildOpenApi } from './http/openapi.ts'
import { referenceRouter } from './http/reference.ts'
import { answerError, notFound, serve, type ServeContext, wrongMethod } from './http/serve.ts'
import { logRequest } from './http/log.ts'
import { ROUTES } from './routes.ts'
import type { Route } from './http/route.ts'
import { threads } from '../threads/pool.ts'
import { securityHeaders } from './http/security-headers.ts'

/** The HTTP API without listen: ingest before everything else, then the rest of the route table. */
export function createApp(deps: ApiDependencies): Express {
  threads.keepReady()
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', 'simple')
  app.use(logRequest(deps))
  const context = {
    deps,
    keys: new KeyCache(deps),
    validation: new EventValidation(deps),
    limits: new IngestLimits(deps.config, deps.now),
    logins: new Logins(deps.now),
    clientAddress: clientAddressOf(deps.config.TRUSTED_PROXIES),
  }
  const isIngest = ({ role }: Route) => role === 'ingest'
  mount(app, ROUTES.filter(isIngest), context)
  app.use(securityHeaders())
  app.use('/codec', codecOrigin(deps.config))
  const document = buildOpenApi()
  app.get('/v1/openapi.json', openApiHandler(document))
  app.use('/docs', referenceRouter(deps.config))
  mount(
    app,
    ROUTES.filter((one) => !isIngest(one)),
    context,
  )
  app.use(notFound)
  app.use(answerError(deps))
  return app
}

/** Each method of a path to its handler; the other methods to 405. `GET /v1/events` shares its path with ingest. */
function mount(app: Express, routes: readonly Route[], context: ServeContext): void {
  const paths = new Set(routes.map(({ path }) => path))
  for (const path of paths) {
    const served = app.route(expressPath(path))
    const here = routes.filter((one) => one.path === path)
    for (const one of here) served[one.method](serve(one, context))
    const all = ROUTES.filter((one) => one.path === path)
    if (isLastMount(all, here)) served.all(wrongMethod(all.map(({ method }) => method)))
  }
}

/** False while another route of this path is mounted later. */
function isLastMount(all: Route[], here: Route[]): boolean {
  return all.at(-1) === here.at(-1)
}

function openApiHandler(document: object): express.RequestHandler {
  const body = JSON.stringify(document)
  return (_request, response) => void response.type('application/json').send(body)
}

function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1')
}
