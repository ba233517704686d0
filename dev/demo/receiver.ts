import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { durationMs, parseDuration } from '../../src/delivery/duration.ts'
import { StartFailure } from '../failure.ts'
import { isVerified } from './verify-signature.ts'

const KEPT = 100
const LARGEST_BODY_BYTES = 4 * 1_048_576

/** What the receiver remembers of a request; `verified` is null where it has no secret for the path. */
export type Hit = {
  at: string
  path: string
  id: string
  type: string
  attempt: number
  verified: boolean | null
  status: number
  body: string
}

export type Receiver = {
  url: string
  port: number
  /** The latest 100 requests, newest last. */
  hits: readonly Hit[]
  /** Requests to this path are checked against this secret from now on. */
  useSecret: (path: string, secret: string) => void
  stop: () => Promise<void>
}

/**
 * A receiver of webhooks on loopback for trying things out. `?status=503&times=2` fails the first two
 * requests of each webhook-id, `?delay=3s` answers late, `?gone` answers 410; GET / lists what came.
 * Throws StartFailure where the port is taken.
 */
export async function startReceiver(port: number, told: (hit: Hit) => void): Promise<Receiver> {
  const hits: Hit[] = []
  const secrets = new Map<string, string>()
  const failures = new Map<string, number>()
  const receive = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    if (request.method === 'GET') return answerJson(response, hits)
    const body = await read(request)
    if (body === undefined) return void response.writeHead(413).end()
    const secret = secrets.get(url.pathname)
    const verified = secret
      ? isVerified(request.headers, body, { secret, nowMs: Date.now() })
      : null
    const status = statusFor(url.searchParams, headerOf(request, 'webhook-id'), failures)
    const hit = { ...seen(request, body), path: url.pathname, verified, status }
    hits.push(hit)
    if (hits.length > KEPT) hits.shift()
    await sleep(delayMs(url.searchParams), undefined, { ref: false })
    response.writeHead(status, { 'content-type': 'application/json' }).end('{"received":true}')
    told(hit)
  }
  const server = createServer((request, response) => {
    receive(request, response).catch(() => response.destroy())
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening').catch((error: Error) => {
    throw new StartFailure(`The receiver can not listen on port ${port}: ${error.message}`)
  })
  const { port: actual } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${actual}`,
    port: actual,
    hits,
    useSecret: (path, secret) => void secrets.set(path, secret),
    async stop() {
      server.close()
      server.closeAllConnections()
      if (server.listening) await once(server, 'close')
    },
  }
}

function seen(request: IncomingMessage, body: Buffer) {
  return {
    at: new Date().toISOString(),
    id: headerOf(request, 'webhook-id'),
    type: headerOf(request, 'herald-event-type'),
    attempt: Number(headerOf(request, 'herald-attempt')) || 1,
    body: body.toString(),
  }
}

/** 200, or what the query asks for; `times` counts per webhook-id. */
function statusFor(query: URLSearchParams, id: string, failures: Map<string, number>): number {
  if (query.has('gone')) return 410
  const status = Number(query.get('status') ?? 200)
  if (!Number.isInteger(status) || status < 200 || status > 599) return 400
  if (!query.has('times')) return status
  const count = (failures.get(id) ?? 0) + 1
  failures.set(id, count)
  return count <= Number(query.get('times')) ? status : 200
}

/** `?delay=3s`, at most a minute. */
function delayMs(query: URLSearchParams): number {
  const delay = query.get('delay') ?? '0s'
  return parseDuration(delay) === undefined ? 0 : Math.min(durationMs(delay), 60_000)
}

function headerOf(request: IncomingMessage, name: string): string {
  const value = request.headers[name]
  return typeof value === 'string' ? value : ''
}

function answerJson(response: ServerResponse, value: unknown): void {
  response.setHeader('content-type', 'application/json')
  response.end(`${JSON.stringify(value, null, 2)}\n`)
}

/** The body, or undefined where it is larger than 4 MiB. */
async function read(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > LARGEST_BODY_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
