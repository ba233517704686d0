import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Slow headers are given up after this, or the request's own limit if that is shorter. */
const HEADERS_MS = 10_000
const CHECK_EVERY_MS = 500
const KEEP_ALIVE_MS = 65_000
const REASONS: Record<string, string> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
}

/** The HTTP server of the API: a client that sends slowly is answered 408 and cut, further connections are refused. */
export function limitedServer(
  limits: { REQUEST_TIMEOUT_SECONDS: number; MAX_CONNECTIONS: number },
  listener: RequestListener,
): Server {
  const requestTimeout = limits.REQUEST_TIMEOUT_SECONDS * 1_000
  const headersTimeout = Math.min(HEADERS_MS, requestTimeout)
  const connectionsCheckingInterval = CHECK_EVERY_MS
  const server = createServer({ headersTimeout, requestTimeout, connectionsCheckingInterval })
  server.keepAliveTimeout = KEEP_ALIVE_MS
  server.maxConnections = limits.MAX_CONNECTIONS
  const answers = new WeakMap<Socket, ServerResponse>()
  server.on('request', (request, response) => {
    answers.set(request.socket, response)
    listener(request, response)
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const answer = answers.get(socket)
    const isBegun = answer?.headersSent === true && !answer.writableFinished
    if (!socket.writable || isBegun) return void socket.destroy()
    const reason = REASONS[error.code ?? ''] ?? '400 Bad Request'
    socket.end(`HTTP/1.1 ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  })
  return server
}
