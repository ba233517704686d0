import { readFileSync } from 'node:fs'
import { type RequestHandler, Router } from 'express'
import type { Config } from '../../config.ts'
import { apiUrl } from '../../outbound/address/own-origins.ts'

/** The pages are made by `npm run docs` from the OpenAPI document; nothing here is secret. */
const FOLDER = new URL('../../../docs/reference/', import.meta.url)
/** Where its examples say that herald answers. */
const EXAMPLE = 'HERALD_URL=http://127.0.0.1:8080\n'

/** `GET /docs` and what belongs to it. The examples name the address of this herald. */
export function referenceRouter(config: Config): Router {
  const router = Router({ strict: true })
  const index = readFileSync(new URL('index.html', FOLDER), 'utf8')
  const url = apiUrl(config).replaceAll('&', '&amp;')
  const text = index.replace(EXAMPLE, () => `HERALD_URL=${url}\n`)
  router.get('/', withoutSlash, (_request, response) => {
    response.set('cache-control', 'no-cache').type('html').send(text)
  })
  router.get('/errors', file('errors.html'))
  router.get('/style.css', file('style.css'))
  return router
}

/** The links of the page are relative, so that it works behind a proxy under any path: it has one address. */
const withoutSlash: RequestHandler = ({ originalUrl }, response, next) => {
  if (!originalUrl.split('?')[0]?.endsWith('/')) return next()
  response.redirect(308, '../docs')
}

function file(name: string): RequestHandler {
  return (_request, response) => {
    const { pathname: path } = new URL(name, FOLDER)
    response.sendFile(decodeURIComponent(path), { headers: { 'cache-control': 'no-cache' } })
  }
}
