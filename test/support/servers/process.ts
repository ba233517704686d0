import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Client, Connection } from '@temporalio/client'
import { inject } from 'vitest'
import { choosePorts } from '../../../dev/servers/ports.ts'
import { newApiKey } from '../../../src/ids.ts'
import { client } from '../herald.ts'
import { testDatabaseUri } from './servers.ts'
import { until } from '../until.ts'

/** Characters of its log that are kept: all of it, also at debug, unless it runs wild. */
const LOG_MAX = 20_000_000

export type HeraldProcess = ReturnType<typeof client> & {
  api: string
  pid: () => number
  /** kill -9, as a crash or an out-of-memory kill would be. */
  kill: () => Promise<void>
  /** Starts it (again) on the same data; resolves when it is ready, throws when it is not after a minute or so many seconds. */
  start: (seconds?: number) => Promise<void>
  /** SIGTERM; resolves to the exit code. */
  stop: () => Promise<number | null>
  log: () => string
  /** What a second process on the same data needs. */
  environment: Record<string, string>
  /** Ids of the workflows of this herald that have not ended. */
  openWorkflows: () => Promise<string[]>
}

/**
 * `herald serve all` as a process of its own, so that a test can kill it. Not started yet. On the servers of the test run,
 * unless `more` names others; `program`: Node's arguments that are herald.
 */
export async function heraldProcess(
  name: string,
  more: Record<string, string> = {},
  program = ['--import', 'tsx', 'src/cli.ts'],
): Promise<HeraldProcess> {
  const adminKey = newApiKey().value
  const { api: port } = await choosePorts(0)
  const api = `http://127.0.0.1:${port}`
  const environment = {
    MONGODB_URI: more['MONGODB_URI'] ?? testDatabaseUri(name),
    TEMPORAL_ADDRESS: more['TEMPORAL_ADDRESS'] ?? inject('temporalAddress'),
    WORKFLOW_BUNDLE: more['WORKFLOW_BUNDLE'] ?? inject('workflowBundle'),
    TASK_QUEUE: `${name}-${port}`,
    ADMIN_API_KEY: adminKey,
    ...more,
  }
  const env = {
    ...process.env,
    PORT: String(port),
    OUTBOUND_ALLOW_CIDRS: '127.0.0.0/8',
    ALLOW_HTTP: 'true',
    LOG_LEVEL: 'warn',
    ...environment,
  }
  let child: ChildProcess | undefined
  let log = ''
  const isReady = async () => {
    if (child?.exitCode !== null) throw new Error(`herald ended: ${log.slice(-2_000)}`)
    try {
      return (await fetch(`${api}/readyz`, { signal: AbortSignal.timeout(2_000) })).ok
    } catch {
      return false
    }
  }
  const end = async (signal: NodeJS.Signals) => {
    if (!child || child.exitCode !== null || child.signalCode !== null)
      return child?.exitCode ?? null
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
    return child.exitCode
  }
  return {
    ...client({ api, adminKey }),
    api,
    pid: () => child?.pid ?? 0,
    log: () => log,
    async kill() {
      await end('SIGKILL')
    },
    async start(seconds = 60) {
      child = spawn(process.execPath, [...program, 'serve', 'all'], { env })
      for (const stream of [child.stdout, child.stderr])
        stream?.on('data', (data: Buffer) => (log = (log + data.toString()).slice(-LOG_MAX)))
      await until(isReady, { seconds, what: 'a ready herald' })
    },
    environment,
    async openWorkflows() {
      const connection = await Connection.connect({ address: environment.TEMPORAL_ADDRESS })
      const mine = `TaskQueue STARTS_WITH '${environment.TASK_QUEUE}'`
      const query = `ExecutionStatus='Running' AND ${mine}`
      const found: string[] = []
      for await (const one of new Client({ connection }).workflow.list({ query }))
        found.push(one.workflowId)
      await connection.close()
      return found
    },
    stop: () => end('SIGTERM'),
  }
}
