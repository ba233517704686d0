import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { findTemporal } from '../../../scripts/servers.mjs'
import type { Child } from '../../../dev/servers/child.ts'
import { choosePorts } from '../../../dev/servers/ports.ts'
import { startTemporal } from '../../../dev/servers/temporal.ts'

const folder = await mkdtemp(join(tmpdir(), 'herald-temporal-'))
let child: Child | undefined
afterAll(async () => {
  await child?.stop(5_000)
  await rm(folder, { recursive: true, force: true })
})

it('the HTTP API and the metrics of a Temporal that is started here have known ports', async () => {
  const source = await findTemporal({ ...process.env, TEMPORAL_ADDRESS: undefined })
  const ports = await choosePorts(0)
  await startTemporal(
    {
      cli: source?.cli ?? 'temporal',
      dataDir: folder,
      port: ports.temporal,
      httpPort: ports.temporalHttp,
      metricsPort: ports.temporalMetrics,
      namespace: 'default',
      env: process.env,
    },
    (started) => (child = started),
  )
  const http = await fetch(`http://127.0.0.1:${ports.temporalHttp}/api/v1/namespaces/default`)
  expect(await http.json()).toMatchObject({ namespaceInfo: { name: 'default' } })
  const metrics = await fetch(`http://127.0.0.1:${ports.temporalMetrics}/metrics`)
  expect(await metrics.text()).toContain('service_requests')
})
