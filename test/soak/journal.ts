import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Request } from './judge/history.ts'

/** What a receiver makes of a request: a status after a while, or nothing for as long as the sender waits. */
export type Reaction = { status: number; afterMs: number } | 'silence'
/** How a webhook's receiver behaves; `nth` counts the requests of this delivery from 1. */
export type Behaviour = (nth: number, request: Request) => Reaction

export const preciseNow = () => performance.timeOrigin + performance.now()

/** What receivers saw: some 300 bytes a request, and no bodies. */
export class Journal {
  readonly requests: Request[] = []
  /** Deliveries of which two requests had different bodies. */
  readonly changed = new Set<string>()
  private readonly deliveries = new Map<string, { digest: string; count: number }>()

  add(request: Request): void {
    this.requests.push(request)
  }

  /** The number of requests of this delivery so far, this one included. */
  count({ delivery }: Request, body: Buffer): number {
    const digest = createHash('sha256').update(body).digest('base64').slice(0, 12)
    const known = this.deliveries.get(delivery)
    if (!known) this.deliveries.set(delivery, { digest, count: 1 })
    else known.count += 1
    if (known && known.digest !== digest) this.changed.add(delivery)
    return known?.count ?? 1
  }
}

/** Receivers on loopback that write down what they get; the path of a request names its webhook. */
export class Receivers {
  readonly journal = new Journal()
  private readonly behaviours = new Map<string, Behaviour>()
  private readonly servers: Server[] = []
  private readonly origins: 'one' | 'each its own'

  constructor(origins: 'one' | 'each its own') {
    this.origins = origins
  }

  /** The URL of this webhook's receiver; `behaviour` may be set anew at any time. */
  async open(name: string, behaviour: Behaviour): Promise<string> {
    this.behaviours.set(name, behaviour)
    const shared = this.origins === 'one' ? this.servers[0] : undefined
    const server = shared ?? (await this.listen())
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/${name}`
  }

  async close(): Promise<void> {
    for (const server of this.servers) {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    }
  }

  private async listen(): Promise<Server> {
    const server = createServer((request, response) => void this.receive(request, response))
    server.keepAliveTimeout = 3_600_000
    this.servers.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return server
  }

  private async receive(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = arrived(message)
    this.journal.add(request)
    response.on('close', () => (request.endedMs = Math.min(request.endedMs, preciseNow())))
    const body = await bodyOf(message)
    const reaction = this.behaviours.get(request.webhook)?.(
      this.journal.count(request, body),
      request,
    )
    if (!reaction || reaction === 'silence') return
    if (reaction.afterMs > 0) await sleep(reaction.afterMs)
    if (response.destroyed) return
    request.endedMs = preciseNow()
    request.status = reaction.status
    response.writeHead(reaction.status).end('ok')
  }
}

function arrived({ url = '', headers }: IncomingMessage): Request {
  return {
    webhook: url.slice(1),
    event: String(headers['webhook-id']),
    delivery: String(headers['herald-delivery']),
    attempt: Number(headers['herald-attempt']),
    atMs: preciseNow(),
    endedMs: Infinity,
    status: 0,
  }
}

/** Whatever came of it: a sender that dies in the middle has no more to say. */
async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of message) chunks.push(chunk as Uint8Array)
  } catch {
    return Buffer.alloc(0)
  }
  return Buffer.concat(chunks)
}
