import helmet from 'helmet'
import type { RequestHandler } from 'express'

const self = ["'self'"]
const none = ["'none'"]

/** What browsers must not do with our pages and answers: nothing inline, nothing from elsewhere, no frames. */
export function securityHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: self,
        baseUri: none,
        formAction: self,
        frameAncestors: none,
        objectSrc: none,
      },
    },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
  })
}
