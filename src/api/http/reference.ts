import { readdirSync, readFileSync } from 'node:fs'
import { type RequestHandler, Router } from 'express'
import type { Config } from '../../config.ts'
import { apiUrl } from '../../outbound/address/own-origins.ts'
import { builtFile } from './built-file.ts'

/** The pages are made by `npm run docs`, as the OpenAPI document is, which takes a quarter of a second; nothing here is secret. */
const FOLDER = new URL('../../../docs/reference/', import.meta.url)
/** Where its examples say that herald answers. */
const EXAMPLE = 'HERALD_URL=http://127.0.0.1:8080\n'

/** `GET /docs` and what belongs to it. The examples name the address of this herald. */
export function referenceRouter(config: Config): Router {
  const router = Router({ strict: true })
  const url = apiUrl(config).replaceAll('&', '&amp;')
  const index = read('index.html').replace(EXAMPLE, () => `HERALD_URL=${url}\n`)
  router.get('/', withoutSlash, builtFile(index, 'html'))
  router.get('/errors', builtFile(read('errors.html'), 'html'))
  for (const name of ['style.css', 'page.js', 'search.json'])
    router.get(`/${name}`, builtFile(read(name), name.replace(/.*\./, '')))
  for (const name of readdirSync(new URL('guides/', FOLDER)))
    router.get(`/guides/${name.replace('.html', '')}`, builtFile(read(`guides/${name}`), 'html'))
  return router
}

/** The OpenAPI document, with the address at which callers reach this herald; else where they got it. */
export function openApiText({ PUBLIC_URL }: Pick<Config, 'PUBLIC_URL'>): string {
  const document = JSON.parse(read('../openapi.json')) as { servers: { url: string }[] }
  if (PUBLIC_URL !== undefined) document.servers = [{ url: PUBLIC_URL }]
  return JSON.stringify(document)
}

function read(name: string): string {
  return readFileSync(new URL(name, FOLDER), 'utf8')
}

/** The links of the page are relative, so that it works behind a proxy under any path: it has one address. */
const withoutSlash: RequestHandler = ({ originalUrl }, response, next) => {
  if (!originalUrl.split('?')[0]?.endsWith('/')) return next()
  response.redirect(308, '../docs')
}
