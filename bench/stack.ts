import { rmSync } from 'node:fs'
import { readFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findMongo, findTemporal } from '../scripts/servers.mjs'
import { prebuildWorkflows, workflowBundlePath } from '../scripts/workflow-bundle.mjs'
import { processEnvironment } from '../src/config.ts'
import { type Child, startChild } from '../dev/servers/child.ts'
import { startMongo } from '../dev/servers/mongo.ts'
import { choosePorts } from '../dev/servers/ports.ts'
import { startTemporal } from '../dev/servers/temporal.ts'
import { untilUp } from '../dev/servers/wait.ts'
import { newApiKey } from '../src/ids.ts'
import { cpuMs, residentMib } from '../test/support/servers/process-usage.ts'

/** CPU milliseconds that each part has used since it began. */
export type Cpu = { herald: number; temporal: number; mongo: number }

export type Stack = {
  /** Where herald answers, and its first admin key. */
  api: string
  key: string
  heraldLog: () => Promise<string>
  call: (method: string, path: string, body?: unknown) => Promise<{ status: number; body: unknown }>
  cpu: () => Promise<Cpu>
  /** Resident memory of herald in MiB. */
  memoryMib: () => Promise<number>
  stop: () => Promise<void>
}

/**
 * herald with servers of its own, as `npm start` runs them, in a temporary folder. Settings add to what it is started
 * with. Nothing outlives this process, unless that is killed with -9.
 */
export async function startStack(settings: Record<string, string> = {}): Promise<Stack> {
  const dataDir = await mkdtemp(join(tmpdir(), 'herald-stack-'))
  const children: Child[] = []
  const forget = onExit(() => {
    for (const child of children) child.kill()
    rmSync(dataDir, { recursive: true, force: true })
  })
  const stop = async () => {
    for (const child of children.toReversed()) await child.stop(10_000)
    await rm(dataDir, { recursive: true, force: true })
    forget()
  }
  const started = (child: Child) => void children.push(child)
  try {
    await prebuildWorkflows()
    const servers = await startServers(dataDir, started)
    const { herald, key } = await startHerald({ dataDir, servers, settings }, started)
    const { api, temporal, mongo } = servers
    return {
      api,
      key,
      heraldLog: () => readFile(heraldLog(dataDir), 'utf8'),
      call: (method, path, body) => call(new URL(path, api), { method, key, body }),
      cpu: async () => ({
        herald: await cpuMs(herald.pid),
        temporal: await cpuMs(temporal.child.pid),
        mongo: await cpuMs(mongo.child.pid),
      }),
      memoryMib: () => residentMib(herald.pid),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Runs it where this process ends by itself or by a signal; the answer takes that back. */
function onExit(end: () => void): () => void {
  const atSignal = () => process.exit(130)
  process.once('exit', end).once('SIGINT', atSignal).once('SIGTERM', atSignal)
  return () => process.off('exit', end).off('SIGINT', atSignal).off('SIGTERM', atSignal)
}

type Servers = Awaited<ReturnType<typeof startServers>>
type Started = (child: Child) => void

const environment = () => ({
  ...processEnvironment(),
  TEMPORAL_ADDRESS: undefined,
  MONGODB_URI: undefined,
})
const heraldLog = (dataDir: string) => join(dataDir, 'herald.log')

async function startServers(dataDir: string, started: Started) {
  const env = environment()
  const ports = await choosePorts(0)
  const [source, found] = await Promise.all([findMongo({ environment: env }), findTemporal(env)])
  if (!found?.cli || !source || source.engine === 'external')
    throw new Error('there is no Temporal or no MongoDB to start: run node scripts/setup.mjs')
  const { cli } = found
  const [temporal, mongo] = await Promise.all([
    startTemporal({ cli, dataDir, port: ports.temporal, namespace: 'default', env }, started),
    startMongo({ source, dataDir, port: ports.mongo, env }, started),
  ])
  return { temporal, mongo, port: ports.api, api: `http://127.0.0.1:${ports.api}` }
}

async function startHerald(
  plan: { dataDir: string; servers: Servers; settings: Record<string, string> },
  started: Started,
) {
  const { dataDir, servers, settings } = plan
  const key = newApiKey().value
  const logFile = heraldLog(dataDir)
  const herald = await startChild({
    program: process.execPath,
    args: ['--import', 'tsx', 'src/cli.ts', 'serve', 'all'],
    env: {
      ...environment(),
      PORT: String(servers.port),
      MONGODB_URI: servers.mongo.uri,
      TEMPORAL_ADDRESS: servers.temporal.address,
      WORKFLOW_BUNDLE: await workflowBundlePath(),
      ADMIN_API_KEY: key,
      OUTBOUND_ALLOW_CIDRS: '127.0.0.0/8',
      ALLOW_HTTP: 'true',
      LOG_LEVEL: 'warn',
      ...settings,
    },
    logFile,
  })
  started(herald)
  const answers = async () =>
    (await fetch(`${servers.api}/readyz`).catch(() => undefined))?.ok ?? false
  await untilUp('herald', { child: herald, logFile, answers })
  return { herald, key }
}

async function call(
  url: URL,
  { method, key, body }: { method: string; key: string; body: unknown },
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text ? JSON.parse(text) : undefined }
}
