import { isIP, connect as connectTcp, type LookupFunction, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { AddressGuard } from '../address/address-guard.ts'
import { type EgressProxy, openTunnel } from './egress-proxy.ts'
import { CONNECT_TIMED_OUT, established } from './established.ts'
import { type Failure, failureOf, PostFailure, tlsFailureOf } from './failure.ts'
import { parseAddress } from '../address/public-address.ts'
import { withTimeLimit } from './time-limit.ts'

/** How long each step to a connection took; a step that has not ended is null. */
export type ConnectTimings = {
  dnsMs: number | null
  connectMs: number | null
  tlsMs: number | null
}

export type ConnectRequest = {
  hostname: string
  port: number
  secure: boolean
  timings: ConnectTimings
  proxy?: EgressProxy | undefined
  /** Gives the connection up. */
  signal: AbortSignal
}

const CONNECT_TIMEOUT_MS = 5_000
/** Before the next address of a host is tried beside a silent one (RFC 8305). */
const NEXT_ADDRESS_MS = 500

/**
 * Opens a connection to one of the addresses that the guard has just checked and to no other; Host, SNI and the
 * certificate check stay with the name. Rejects with a PostFailure. The 5 s for TCP and TLS begin after DNS. Behind an
 * egress proxy, a name that only the proxy can resolve is left to the proxy's own rules.
 */
export async function openConnection(
  guard: AddressGuard,
  request: ConnectRequest,
): Promise<Socket> {
  const { hostname, port, timings, signal, proxy } = request
  const begunAt = performance.now()
  const resolved = await unlessAborted(signal, guard.resolve(hostname, port))
  if (!isIP(hostname)) timings.dnsMs = performance.now() - begunAt
  const leftToProxy = proxy && !resolved.ok && resolved.code.startsWith('dns_')
  if (!resolved.ok && !leftToProxy) throw new PostFailure(refusalFailure(resolved))
  const addresses = resolved.ok ? resolved.addresses : []
  return withTimeLimit(signal, CONNECT_TIMEOUT_MS, async (limit) => {
    const connectingAt = performance.now()
    const socket = proxy
      ? await openTunnel(proxy, request, limit)
      : await openTcp(request, addresses, limit)
    timings.connectMs = performance.now() - connectingAt
    if (!request.secure) return socket
    const handshakingAt = performance.now()
    const secured = await secure(socket, hostname, limit)
    timings.tlsMs = performance.now() - handshakingAt
    return secured
  })
}

/** Leaves a name server's answer behind: a query cannot be taken back, but nobody has to wait for it. */
function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new PostFailure(CONNECT_TIMED_OUT))
    signal.addEventListener('abort', giveUp, { once: true })
    if (signal.aborted) giveUp()
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp))
  })
}

function refusalFailure({ code, detail }: { code: string; detail: string }): Failure {
  return { code: code.startsWith('dns_') ? 'dns_error' : 'destination_refused', detail }
}

async function openTcp(
  { hostname, port }: ConnectRequest,
  addresses: string[],
  limit: AbortSignal,
): Promise<Socket> {
  const socket = connectTcp({
    host: hostname,
    port,
    lookup: pinnedLookup(addresses),
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
    noDelay: true,
    keepAlive: true,
  })
  await established(socket, 'connect', limit).catch((error: unknown) => {
    throw new PostFailure(failureOf(error), error)
  })
  // Before the first byte, so also before a TLS ClientHello: whatever chose the address, it must be a checked one.
  const remote = normal(socket.remoteAddress ?? '')
  if (addresses.some((address) => normal(address) === remote)) return socket
  socket.destroy()
  throw new PostFailure({
    code: 'destination_refused',
    detail: 'the host must have public addresses only',
  })
}

async function secure(socket: Socket, hostname: string, limit: AbortSignal): Promise<Socket> {
  const secured = connectTls({
    socket,
    host: hostname,
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: true,
    ...(isIP(hostname) ? {} : { servername: hostname }),
  })
  await established(secured, 'secureConnect', limit).catch((error: unknown) => {
    throw new PostFailure(tlsFailureOf(error), error)
  })
  // With TLS 1.3 a receiver refuses our side after the handshake; its reason would be lost to the end that follows it.
  secured.on('error', (error) => secured.destroy(new PostFailure(tlsFailureOf(error), error)))
  return secured
}

/** A lookup that knows the checked addresses only. */
function pinnedLookup(addresses: string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIP(address) }))
  return (_hostname, options, callback) => {
    const [first] = found
    if (options.all) callback(null, found)
    else callback(null, first?.address ?? '', first?.family)
  }
}

function normal(address: string): string {
  return parseAddress(address)?.toNormalizedString() ?? address
}
