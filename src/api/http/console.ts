import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import express, { type Request, type RequestHandler, type Response, Router } from 'express'
import helmet from 'helmet'

/** Built by `npm start` and `npm run build`. */
const FOLDER = fileURLToPath(new URL('../../../console/dist/', import.meta.url))
const NONCE = '__CSP_NONCE__'
/** What is not a page of the console, whatever a browser says that it wants. */
const NOT_PAGES = /^\/(v1|docs|codec|session|livez|readyz|metrics|assets)(\/|$)/

/**
 * The web console at `/`: its files, and its one page for every address that a browser opens. Who asks for JSON gets the
 * API. Where it is not built (a library's tests) there is none.
 */
export function consoleRouter(folder = FOLDER): RequestHandler {
  const router = Router()
  const index = `${folder}index.html`
  if (!existsSync(index)) return router
  const page = readFileSync(index, 'utf8')
  router.use(
    '/assets',
    express.static(`${folder}assets`, { immutable: true, maxAge: '365d', index: false }),
  )
  router.get('/favicon.svg', (_request, response) =>
    response.sendFile('favicon.svg', { root: folder }),
  )
  // not a route of the router, which would answer OPTIONS for every path
  router.use((request, response, next) => {
    if (NOT_PAGES.test(request.path) || !isPageAsked(request)) return next()
    sendPage(page, request, response)
  })
  return router
}

/** A browser that opens a page says so; a program that names no type, or JSON, gets the API. */
function isPageAsked(request: Request): boolean {
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  return isRead && (request.headers.accept ?? '').includes('text/html')
}

/** Styles that the page's own script makes are allowed by a nonce, so that nothing inline is. */
function sendPage(page: string, request: Request, response: Response): void {
  const nonce = randomBytes(16).toString('base64')
  const self = ["'self'"]
  const policy = helmet.contentSecurityPolicy({
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: self,
      styleSrc: [...self, `'nonce-${nonce}'`],
      imgSrc: [...self, 'data:'],
      connectSrc: self,
      fontSrc: self,
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  })
  policy(request, response, () => {
    response.set('cache-control', 'no-store').vary('accept').type('html')
    response.send(page.replaceAll(NONCE, nonce))
  })
}
