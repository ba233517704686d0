import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { metricsServer } from '../src/process/metrics-server.ts'
import { Metrics } from '../src/metrics.ts'
import { type Api, startApi } from './api/support.ts'

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

async function scraped(metrics: Metrics) {
  const server = metricsServer(metrics).listen(0, '127.0.0.1')
  await once(server, 'listening')
  stops.push(() => server.close())
  const { port } = server.address() as AddressInfo
  return (path: string, method = 'GET') =>
    fetch(`http://127.0.0.1:${port}${path}`, { method, headers: { connection: 'close' } })
}

const valueOf = (text: string, series: string) =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.slice(series.length),
  )

describe('the metrics', () => {
  it('count events by what became of them, and requests by route and status', async () => {
    const api: Api = await startApi()
    stops.push(api.stop)
    const post = (body: object) => api.call('POST', '/v1/events', { body })
    await post({ id: 'a', type: 'a.b', data: 1 })
    await post({ id: 'a', type: 'a.b', data: 1 })
    await post({ id: 'a', type: 'a.b', data: 2 })
    await api.call('GET', '/v1/webhooks/wh_secret-id')
    await api.call('GET', '/no/such/path')
    const { text } = await api.deps.metrics.exposition()
    expect(valueOf(text, 'herald_events_total{result="accepted"}')).toBe(1)
    expect(valueOf(text, 'herald_events_total{result="duplicate"}')).toBe(1)
    expect(valueOf(text, 'herald_events_total{result="conflict"}')).toBe(1)
    const series = (route: string, method: string, status: number) =>
      `herald_http_request_seconds_count{route="${route}",method="${method}",status="${status}"}`
    await expect
      .poll(async () =>
        valueOf((await api.deps.metrics.exposition()).text, 'herald_http_requests_open'),
      )
      .toBe(0)
    expect(valueOf(text, series('/v1/events', 'POST', 202))).toBe(2)
    expect(valueOf(text, series('/v1/webhooks/{id}', 'GET', 404))).toBe(1)
    expect(text).not.toContain('wh_secret-id')
    expect(text).not.toContain('/no/such/path')
  })

  it('measure attempts, and how late further ones began', async () => {
    const metrics = new Metrics()
    metrics.attemptEnded({ outcome: 'failed', code: 'http_500', totalMs: 20 })
    metrics.attemptEnded({ outcome: 'delivered', totalMs: 40, latenessMs: 7 })
    metrics.deliveryReached('delivered')
    const { text } = await metrics.exposition()
    expect(valueOf(text, 'herald_attempts_total{outcome="failed",code="http_500"}')).toBe(1)
    expect(valueOf(text, 'herald_attempt_seconds_sum{outcome="delivered"}')).toBe(0.04)
    expect(valueOf(text, 'herald_retry_lateness_seconds_bucket{le="0.005"}')).toBe(0)
    expect(valueOf(text, 'herald_retry_lateness_seconds_bucket{le="0.01"}')).toBe(1)
    expect(valueOf(text, 'herald_deliveries_total{state="delivered"}')).toBe(1)
  })

  it('read gauges when somebody asks, and tell of the process', async () => {
    const metrics = new Metrics()
    let lanes = 3
    metrics.gauge('herald_lanes', 'Lanes at work.', () => lanes)
    const get = await scraped(metrics)
    const first = await get('/metrics')
    expect(first.headers.get('content-type')).toContain('text/plain; version=0.0.4')
    expect(valueOf(await first.text(), 'herald_lanes')).toBe(3)
    lanes = 4
    const text = await (await get('/metrics')).text()
    expect(valueOf(text, 'herald_lanes')).toBe(4)
    expect(valueOf(text, 'process_resident_memory_bytes')).toBeGreaterThan(1_000_000)
    expect(text).toContain('nodejs_eventloop_lag_p99_seconds')
  })

  it('have a help text, and names that promtool takes', async () => {
    const metrics = new Metrics()
    metrics.gauges({ name: 'herald_things', label: 'kind', help: 'Things.' }, () => ({ a: 1 }))
    const { text } = await metrics.exposition()
    const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)]
    expect(types.length).toBeGreaterThan(20)
    for (const [, name = '', type] of types) {
      expect(text).toMatch(new RegExp(`^# HELP ${name} \\S`, 'm'))
      expect(name.endsWith('_total'), name).toBe(type === 'counter')
      expect(name, name).not.toMatch(/(^|_)(gauge|counter|histogram|milliseconds|ms|minutes)(_|$)/)
    }
  })

  it('have no series of what is unknown', async () => {
    const metrics = new Metrics()
    let known: number | undefined = 1
    metrics.gauge('herald_known', 'Known.', () => known)
    metrics.gauges({ name: 'herald_by', label: 'kind', help: 'By kind.' }, () =>
      known === undefined ? undefined : { a: known },
    )
    const seriesOf = async () =>
      (await metrics.exposition()).text
        .split('\n')
        .filter((line) => /^herald_(known|by)/.test(line))
    expect(await seriesOf()).toEqual(['herald_known 1', 'herald_by{kind="a"} 1'])
    known = undefined
    expect(await seriesOf()).toEqual([])
  })

  it('are not on the port of the API, which says where they are', async () => {
    const api = await startApi({ env: { METRICS_PORT: '9555' } })
    stops.push(api.stop)
    const response = await fetch(new URL('/metrics', api.url))
    expect(response.status).toBe(404)
    expect(((await response.json()) as { detail: string }).detail).toContain('on port 9555')
  })

  it('are all there is on their port', async () => {
    const get = await scraped(new Metrics())
    for (const [path, method] of [
      ['/', 'GET'],
      ['/v1/webhooks', 'GET'],
      ['/metrics', 'POST'],
    ] as const)
      expect((await get(path, method)).status).toBe(404)
  })
})
