import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createApp } from '../api/app.ts'
import { originOf } from '../outbound/address/own-origins.ts'
import { limitedServer } from '../api/http/server.ts'
import type { HeraldRuntime } from './runtime.ts'

/** Longer than any answer takes: `Prefer: wait` holds one for 10 s. */
const DRAIN_MS = 12_000

export type RunningServer = {
  port: number
  /** Takes no new connection, lets open requests end, and resolves when every accepted event has its answer. */
  stop: () => Promise<void>
}

/** Starts the HTTP API of this process. Throws where the address is taken. */
export async function startServer(
  runtime: HeraldRuntime,
  workerReady: () => boolean,
): Promise<RunningServer> {
  const { config, ingest, gateway, guard, codec } = runtime
  const closing = new AbortController()
  const app = createApp({
    ...runtime,
    stopping: closing.signal,
    ingest,
    temporal: gateway,
    codec: { payloads: codec, namespace: runtime.link.namespace },
    checkTarget: (url) => guard.checkTarget(url),
    workerReady,
    now: Date.now,
  })
  const server = limitedServer(config, app)
  server.listen(config.PORT, config.HOST)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  guard.addOwnOrigin(originOf(config.HOST, port))
  return {
    port,
    async stop() {
      closing.abort()
      const closed = once(server, 'close')
      server.close()
      server.closeIdleConnections()
      await Promise.race([closed, sleep(DRAIN_MS, undefined, { ref: false })])
      server.closeAllConnections()
      while (ingest.active) await sleep(20)
    },
  }
}
