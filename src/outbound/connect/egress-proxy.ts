import { connect, isIP, type Socket } from 'node:net'
import { CONNECT_TIMED_OUT, established } from './established.ts'
import { type Failure, PostFailure } from './failure.ts'
import { withTimeLimit } from './time-limit.ts'

/** An HTTP CONNECT proxy such as smokescreen, which every request to a receiver goes through. */
export type EgressProxy = { host: string; port: number; authorization?: string }

const MAX_HEAD_BYTES = 8_192
/** Below the shortest timeout of a webhook (1 s), so that a silent proxy is never taken for a silent receiver. */
const PROXY_CONNECT_TIMEOUT_MS = 800

/** The proxy of an `http://[user:password@]host:port` URL. */
export function parseEgressProxy(url: string): EgressProxy {
  const { hostname, port, username, password } = new URL(url)
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port) || 80,
    ...(username && { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }),
  }
}

/**
 * A connection through the proxy to the receiver, by its name, so that the proxy's own rules see it. Rejects with a
 * PostFailure: `proxy_error` where the proxy is at fault, which is not charged to the receiver.
 */
export async function openTunnel(
  proxy: EgressProxy,
  target: { hostname: string; port: number },
  limit: AbortSignal,
): Promise<Socket> {
  const socket = connect({ host: proxy.host, port: proxy.port, noDelay: true, keepAlive: true })
  const connected = withTimeLimit(limit, PROXY_CONNECT_TIMEOUT_MS, (soon) =>
    established(socket, 'connect', soon),
  )
  await connected.catch((error: unknown) => {
    throw new PostFailure(proxyFailure('could not be reached'), error)
  })
  const host = isIP(target.hostname) === 6 ? `[${target.hostname}]` : target.hostname
  const authority = `${host}:${target.port}`
  const credentials = proxy.authorization ? `Proxy-Authorization: ${proxy.authorization}\r\n` : ''
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${credentials}\r\n`)
  try {
    const refusal = refusalOf(await responseHead(socket, limit))
    if (refusal) throw new PostFailure(refusal)
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/** The proxy's answer up to its empty line. Read by hand: what follows belongs to the receiver. */
function responseHead(socket: Socket, limit: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = ''
    const settle = (end: () => void) => {
      limit.removeEventListener('abort', giveUp)
      socket.off('readable', read).off('close', closed)
      end()
    }
    const fail = (failure: Failure) => settle(() => reject(new PostFailure(failure)))
    const giveUp = () => fail(CONNECT_TIMED_OUT)
    const closed = () => fail(proxyFailure('closed the connection'))
    const read = () => {
      for (let chunk: unknown = socket.read(); chunk instanceof Buffer; chunk = socket.read())
        received += chunk.toString('latin1')
      const end = received.indexOf('\r\n\r\n')
      if (end === received.length - 4 && end > 0) settle(() => resolve(received))
      else if (end >= 0 || received.length > MAX_HEAD_BYTES)
        fail(proxyFailure('sent more than an answer'))
    }
    socket.on('readable', read).on('close', closed)
    limit.addEventListener('abort', giveUp, { once: true })
    if (limit.aborted) giveUp()
  })
}

/** RFC 9110 9.3.6: any 2xx opens the tunnel. smokescreen says with 407 and a header of its own what it does not allow. */
function refusalOf(head: string): Failure | undefined {
  const status = Number(/^HTTP\/1\.[01] (\d{3})\b/.exec(head)?.[1] ?? 0)
  if (status >= 200 && status <= 299) return undefined
  if (status === 403 || (status === 407 && /^x-smokescreen-error:/im.test(head)))
    return { code: 'destination_refused', detail: 'the egress proxy does not allow the host' }
  if (status === 504) return CONNECT_TIMED_OUT
  if (status === 502 || status === 503)
    return { code: 'network_error', detail: `the egress proxy found no receiver (${status})` }
  return proxyFailure(status ? `answered ${status}` : 'did not speak HTTP')
}

function proxyFailure(what: string): Failure {
  return { code: 'proxy_error', detail: `the egress proxy ${what}` }
}
