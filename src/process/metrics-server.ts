import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { HeraldRuntime } from './runtime.ts'

const CHECK_MS = 1_000

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
  observe(runtime)
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

/** What is read from the parts of the process whenever somebody asks. */
function observe({ metrics, ingest, models, gateway }: HeraldRuntime): void {
  metrics.gauge(
    'herald_ingest_waiting_events',
    'Accepted events whose first attempt is outstanding in this process.',
    () => ingest.waiting.unattempted,
  )
  metrics.gauge(
    'herald_ingest_queued_requests',
    'Ingest requests that wait to share a workflow start.',
    () => ingest.waiting.queued,
  )
  metrics.gauge('herald_mongodb_up', '1 where MongoDB answers within a second.', () =>
    answers(async () => (await models.connection.db?.command({ ping: 1 }))?.['ok'] === 1),
  )
  metrics.gauge('herald_temporal_up', '1 where Temporal answers within a second.', () =>
    answers(() => gateway.healthy()),
  )
}

async function answers(ask: () => Promise<boolean>): Promise<number> {
  const late = new AbortController()
  const never = pause(CHECK_MS, false, { signal: late.signal }).catch(() => false)
  try {
    return (await Promise.race([ask().catch(() => false), never])) ? 1 : 0
  } finally {
    late.abort()
  }
}
