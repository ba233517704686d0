import type { Config } from '../../config.ts'
import { originOf } from './own-origins.ts'

type Listeners = Pick<
  Config,
  | 'PUBLIC_URL'
  | 'HOST'
  | 'PORT'
  | 'METRICS_PORT'
  | 'MONGODB_URI'
  | 'TEMPORAL_UI_URL'
  | 'EGRESS_PROXY_URL'
  | 'OUTBOUND_DENY_ADDRESSES'
>

const MONGODB_PORT = 27_017
const TEMPORAL_PORT = 7_233
/** Of Temporal's HTTP API, and of Temporal Web beside a development server at the usual port. */
const TEMPORAL_HTTP_PORT = 7_243
const TEMPORAL_UI_PORT = 8_233

/**
 * The origins that herald and what it needs listen on, as far as the configuration tells: API, metrics, MongoDB, Temporal
 * with its HTTP API and its web interface, and the egress proxy. `temporal` is its address as host:port.
 */
export function ownListeners(config: Listeners, temporal: string): string[] {
  const { HOST, PORT, METRICS_PORT } = config
  const server = listenerOf(temporal, TEMPORAL_PORT)
  const beside = (port: number) => originOf(server.host, port)
  return [
    ...[config.PUBLIC_URL, config.TEMPORAL_UI_URL, config.EGRESS_PROXY_URL].filter(
      (url) => url !== undefined,
    ),
    ...[PORT, METRICS_PORT].filter((port) => port !== 0).map((port) => originOf(HOST, port)),
    originOf(server.host, server.port),
    beside(TEMPORAL_HTTP_PORT),
    ...(server.port === TEMPORAL_PORT && !config.TEMPORAL_UI_URL ? [beside(TEMPORAL_UI_PORT)] : []),
    ...mongoHosts(config.MONGODB_URI).map((text) => originAt(text, MONGODB_PORT)),
    ...config.OUTBOUND_DENY_ADDRESSES.map((text) => originAt(text, 0)),
  ]
}

/** The origin of a server of a URI, or one that the driver found: `mongo:27017`, `[::1]:27017`. */
export function mongoOrigin(address: string): string {
  return originAt(address, MONGODB_PORT)
}

function originAt(text: string, usual: number): string {
  const { host, port } = listenerOf(text, usual)
  return originOf(host, port)
}

/** The hosts of a connection string, without sockets of the file system. */
function mongoHosts(uri: string): string[] {
  const hosts = /^mongodb(?:\+srv)?:\/\/(?:[^@/?]*@)?([^/?]+)/.exec(uri)?.[1] ?? ''
  return hosts.split(',').filter((host) => host !== '' && !host.includes('%2F'))
}

function listenerOf(text: string, usual: number): { host: string; port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? []
  return { host: bracketed ?? plain ?? text, port: Number(port) || usual }
}
