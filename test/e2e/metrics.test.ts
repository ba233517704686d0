import { afterAll, beforeAll, expect, it } from 'vitest'
import { choosePorts } from '../../dev/servers/ports.ts'
import { startMetricsServer } from '../../src/process/metrics-server.ts'
import { type Herald, startHerald } from '../support/herald.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'

let herald: Herald
let receiver: Receiver
let port: number
beforeAll(async () => {
  port = (await choosePorts(0)).api
  herald = await startHerald('metrics', { METRICS_PORT: String(port) })
  receiver = await startReceiver((_hit, n) => ({ status: n === 1 ? 503 : 200 }))
})
afterAll(async () => {
  await herald.stop()
  await receiver.close()
})

it('the metrics port shows an event, its attempts, how late the second was, and that all servers are up', async () => {
  const server = await startMetricsServer(herald.runtime)
  expect(server.port).toBe(port)
  const other = await startMetricsServer(herald.runtime)
  expect(other.port, 'where the port is taken herald goes on without').toBeUndefined()
  const { id } = await herald.webhook({
    target: { type: 'http', url: receiver.url },
    retry: { type: 'fixed', interval: '1s', retries: 1 },
  })
  await herald.event({ type: 'a.b' })
  await herald.reached(id, 'delivered')
  const response = await fetch(`http://127.0.0.1:${port}/metrics`)
  const lines = (await response.text()).split('\n')
  for (const line of [
    'herald_events_total{result="accepted"} 1',
    'herald_attempts_total{outcome="failed",code="http_5xx"} 1',
    'herald_attempts_total{outcome="delivered",code=""} 1',
    'herald_attempt_seconds_count{outcome="delivered"} 1',
    'herald_retry_lateness_seconds_bucket{le="0.25"} 1',
    'herald_deliveries_total{state="retrying"} 1',
    'herald_deliveries_total{state="delivered"} 1',
    'herald_ingest_waiting_events 0',
    'herald_ingest_queued_requests 0',
    'herald_deliveries_owed{state="retrying"} 0',
    'herald_delivery_oldest_owed_age_seconds 0',
    'herald_webhooks_stopped{state="disabled"} 0',
    'herald_lanes 0',
    `herald_build_info{version="${herald.runtime.version}"} 1`,
    'herald_mongodb_up 1',
    'herald_temporal_up 1',
  ])
    expect(lines).toContain(line)
  expect(lines.join('\n')).not.toContain(id)
  await server.stop()
})
