import { type RequestHandler, type Response, Router } from 'express'
import type { Config } from '../../config.ts'
import { apiUrl } from '../../outbound/address/own-origins.ts'
import { errorsPage, type ReferenceDocument, referencePage } from './page.ts'
import { DOCS_STYLE } from './style.ts'
import { PROBLEMS } from '../http/errors.ts'

/** `GET /docs` and what belongs to it, made from the OpenAPI document at the first request; nothing of it is secret. */
export function docsRouter(config: Config, document: object): Router {
  const url = apiUrl(config)
  const router = Router({ strict: true })
  router.get(
    '/',
    withoutSlash,
    page('html', () => referencePage(document as ReferenceDocument, url)),
  )
  router.get(
    '/errors',
    page('html', () => errorsPage(PROBLEMS)),
  )
  router.get(
    '/style.css',
    page('css', () => DOCS_STYLE),
  )
  return router
}

/** The links of the page are relative, so that it works behind a proxy under any path: it has one address. */
const withoutSlash: RequestHandler = ({ originalUrl }, response, next) => {
  if (!originalUrl.split('?')[0]?.endsWith('/')) return next()
  response.redirect(308, '../docs')
}

function page(type: 'html' | 'css', make: () => string): RequestHandler {
  let text: string | undefined
  return (_request, response: Response) => {
    text ??= make()
    response.set('cache-control', 'no-cache').type(type).send(text)
  }
}
