import { randomUUID } from 'node:crypto'
import type { RequestHandler, Response } from 'express'
import type { Caller } from '../access/auth.ts'
import type { ApiDependencies } from '../dependencies.ts'

/** What is known of a request while it is served; the log line is made from it. */
export type RequestFacts = {
  requestId: string
  receivedAtMs: number
  route?: string
  caller?: Caller
  /** Of the problem that was answered. */
  code?: string
}

const ACCEPTED_ID = /^[A-Za-z0-9_-]{1,64}$/

/** Names the request and writes one line about it when it is over: no query, no headers, no bodies. */
export function logRequest({ logger, metrics, now }: ApiDependencies): RequestHandler {
  return (request, response, next) => {
    const given = request.get('x-request-id')
    const requestId = given !== undefined && ACCEPTED_ID.test(given) ? given : randomUUID()
    const facts: RequestFacts = { requestId, receivedAtMs: now() }
    response.locals['facts'] = facts
    response.set('x-request-id', requestId)
    metrics.requestBegun()
    response.once('close', () => {
      const { caller, receivedAtMs, ...rest } = facts
      const durationMs = now() - receivedAtMs
      const { method } = request
      const { statusCode: status } = response
      metrics.requestServed({ route: facts.route ?? 'none', method, status, durationMs })
      logger.info(
        {
          ...rest,
          method,
          status,
          complete: response.writableFinished,
          durationMs,
          key: caller?.keyId,
          tenant: caller?.tenant,
        },
        'request.served',
      )
    })
    next()
  }
}

/** The facts that logRequest began. */
export function requestFacts(response: Response): RequestFacts {
  return response.locals['facts'] as RequestFacts
}
