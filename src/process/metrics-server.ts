import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { observe } from './gauges.ts'
import type { HeraldRuntime } from './runtime.ts'

type MetricsServer = { port: number | undefined; stop: () => Promise<void> }

/**
 * Serves /metrics on METRICS_PORT. Where the port is taken or 0 there is none: deliveries do not depend on being watched.
 */
export async function startMetricsServer(runtime: HeraldRuntime): Promise<MetricsServer> {
  const { config, logger, metrics } = runtime
  const none = { port: undefined, stop: async () => {} }
  if (config.METRICS_PORT === 0) return none
  const server = metricsServer(metrics)
  try {
    server.listen(config.METRICS_PORT, config.HOST)
    await once(server, 'listening')
  } catch (error) {
    logger.error({ err: error, port: config.METRICS_PORT }, 'metrics.unavailable')
    return none
  }
  observe(metrics, runtime)
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** GET /metrics, nothing else; no key, since it holds no tenant and no event. */
export function metricsServer(metrics: HeraldRuntime['metrics']): Server {
  return createServer({ requestTimeout: 10_000 }, (request, response) => {
    if (request.url !== '/metrics' || request.method !== 'GET')
      return void response.writeHead(404).end()
    metrics.exposition().then(
      ({ contentType, text }) => response.writeHead(200, { 'content-type': contentType }).end(text),
      () => response.writeHead(500).end(),
    )
  })
}
