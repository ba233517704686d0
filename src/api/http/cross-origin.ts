import type { IncomingMessage, ServerResponse } from 'node:http'
import cors from 'cors'
import type { Config } from '../../config.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']
const ALLOWED = [
  'authorization',
  'content-type',
  'idempotency-key',
  'if-match',
  'if-none-match',
  'prefer',
  'x-request-id',
]
const EXPOSED = [
  'ETag',
  'Link',
  'Location',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id',
]
const MAX_AGE_S = 600

/**
 * Lets pages of CORS_ORIGINS call `/v1` from a browser, with an API key; the console's cookie is never for them. Calls `next`
 * unless it has answered a preflight (fetch.spec.whatwg.org, CORS protocol).
 */
export function crossOrigin({ CORS_ORIGINS }: Pick<Config, 'CORS_ORIGINS'>) {
  const apply = cors({
    origin: CORS_ORIGINS,
    methods: METHODS,
    allowedHeaders: ALLOWED,
    exposedHeaders: EXPOSED,
    maxAge: MAX_AGE_S,
  })
  return (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    const { method, headers, url = '' } = request
    const isPreflight = headers['access-control-request-method'] !== undefined
    const isOurs = url.startsWith('/v1/') && (method !== 'OPTIONS' || isPreflight)
    if (CORS_ORIGINS.length === 0 || !isOurs) next()
    else apply(request, response, next)
  }
}
