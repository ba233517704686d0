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
import { callApi } from './api.ts'
import { newApiKey } from '../src/ids.ts'
import { cpuMs } from '../test/support/servers/process-usage.ts'

/** CPU milliseconds that each part has used since it began. */
export type Cpu = { herald: number; temporal: number; mongo: number }

/** `default` is the server that a start gets where nothing is installed, `fast` is MongoDB itself or the native stand-in. */
export type MongoChoice = 'default' | 'fast'

export type Stack = {
  /** Where herald answers, and its first admin key. */
  api: string
  key: string
  temporalAddress: string
  mongoUri: string
  heraldLog: () => Promise<string>
  call: (method: string, path: string, body?: unknown) => Promise<{ status: number; body: unknown }>
  /** The ids of the processes as they are now. */
  processes: () => Cpu
  cpu: () => Promise<Cpu>
  /** kill -9 of herald; resolves when it is gone. */
  killHerald: () => Promise<void>
  /** Starts herald again on the same data and port; resolves when it is ready. */
  startHerald: () => Promise<void>
  stop: () => Promise<void>
}

/**
 * herald with servers of its own, as `npm start` runs them, in a temporary folder. Settings add to what it is started
 * with. Nothing outlives this process, unless that is killed with -9.
 */
export async function startStack(
  settings: Record<string, string> = {},
  mongo?: MongoChoice,
): Promise<Stack> {
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
    const servers = await startServers({ dataDir, mongo }, started)
    const key = newApiKey().value
    const launch = () => startHerald({ dataDir, servers, settings, key }, started)
    return { ...running({ servers, dataDir, key, herald: await launch() }, launch), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

type Parts = { servers: Servers; dataDir: string; key: string; herald: Child }

function running(parts: Parts, launch: () => Promise<Child>): Omit<Stack, 'stop'> {
  const { servers, dataDir, key } = parts
  const { api, temporal, mongo } = servers
  const processes = () => ({
    herald: parts.herald.pid,
    temporal: temporal.child.pid,
    mongo: mongo.child.pid,
  })
  return {
    api,
    key,
    temporalAddress: temporal.address,
    mongoUri: mongo.uri,
    heraldLog: () => readFile(heraldLog(dataDir), 'utf8'),
    call: (method, path, body) => callApi({ api, key }, method, path, body),
    processes,
    async cpu() {
      const pids = processes()
      return {
        herald: await cpuMs(pids.herald),
        temporal: await cpuMs(pids.temporal),
        mongo: await cpuMs(pids.mongo),
      }
    },
    async killHerald() {
      parts.herald.kill()
      await parts.herald.ended
    },
    async startHerald() {
      parts.herald = await launch()
    },
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

async function startServers(
  { dataDir, mongo: choice }: { dataDir: string; mongo: MongoChoice | undefined },
  started: Started,
) {
  const env = environment()
  const ports = await choosePorts(0)
  const [source, found] = await Promise.all([chosenMongo(choice), findTemporal(env)])
  if (!found?.cli || !source || source.engine === 'external')
    throw new Error('there is no Temporal or no such MongoDB to start: run node scripts/setup.mjs')
  const { cli } = found
  const [temporal, mongo] = await Promise.all([
    startTemporal({ cli, dataDir, port: ports.temporal, namespace: 'default', env }, started),
    startMongo({ source, dataDir, port: ports.mongo, env }, started),
  ])
  return { temporal, mongo, port: ports.api, api: `http://127.0.0.1:${ports.api}` }
}

/** The MongoDB that a choice means on this machine; without a choice the one that a start would take. */
export async function chosenMongo(choice: MongoChoice | undefined) {
  const of = (engine?: string) => findMongo({ engine, environment: environment() })
  if (choice === undefined) return of()
  if (choice === 'default') return of('secantusd')
  return (await of('mongod')) ?? (await of('secantusd-rs'))
}

async function startHerald(
  plan: { dataDir: string; servers: Servers; settings: Record<string, string>; key: string },
  started: Started,
): Promise<Child> {
  const { dataDir, servers, settings, key } = plan
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
  return herald
}
