import { join } from 'node:path'
import { startChild } from '../../dev/servers/child.ts'
import { untilUp } from '../../dev/servers/wait.ts'
import { killable, type OwnServer } from '../../test/support/servers/killable.ts'

export type HeraldPlan = {
  /** What is started. */
  cli: string
  name: string
  role: 'all' | 'api' | 'worker'
  dataDir: string
  port: number
  metricsPort: number
  env: Record<string, string | undefined>
}

const TRIED_MS = 2_000

/** A herald as it is installed, not started; ready when its API, or a worker's metrics, answer. */
export function heraldPart(plan: HeraldPlan): OwnServer {
  const { cli, name, role, dataDir, port, metricsPort, env } = plan
  const logFile = join(dataDir, `${name}.log`)
  const ready =
    role === 'worker'
      ? `http://127.0.0.1:${metricsPort}/metrics`
      : `http://127.0.0.1:${port}/readyz`
  return killable(async (started) => {
    const child = await startChild({
      program: process.execPath,
      args: [cli, 'serve', role],
      env: { ...env, PORT: String(port), METRICS_PORT: String(metricsPort) },
      logFile,
    })
    started(child)
    const answers = async () => (await fetch(ready, { signal: AbortSignal.timeout(TRIED_MS) })).ok
    await untilUp(name, { child, logFile, answers })
  })
}
