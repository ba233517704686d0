import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export type Hit = {
  /** Epoch milliseconds of the request's arrival and of its answer. */
  at: number
  answeredAt: number
  path: string
  headers: IncomingHttpHeaders
  body: Buffer
}
export type Answer = {
  status: number
  headers?: Record<string, string>
  body?: string
  delayMs?: number
}

export type Receiver = {
  url: string
  hits: Hit[]
  close: () => Promise<void>
}

/** A receiver on loopback that records every request before it answers what `answer(hit, n)` says, n from 1. */
export async function startReceiver(
  answer: (hit: Hit, n: number) => Answer = () => ({ status: 200 }),
): Promise<Receiver> {
  const hits: Hit[] = []
  const receive = async (request: IncomingMessage, response: ServerResponse) => {
    const at = Date.now()
    const chunks: Uint8Array[] = []
    for await (const chunk of request) chunks.push(chunk as Uint8Array)
    const hit: Hit = {
      at,
      answeredAt: 0,
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks),
    }
    hits.push(hit)
    const { status, headers, body = 'ok', delayMs } = answer(hit, hits.length)
    if (delayMs) await sleep(delayMs)
    hit.answeredAt = Date.now()
    response.writeHead(status, headers ?? {}).end(body)
  }
  const server = createServer((request, response) => void receive(request, response))
  server.keepAliveTimeout = 600_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    hits,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
