import { readFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findMongo, findTemporal } from '../scripts/servers.mjs'
import { workflowBundlePath } from '../scripts/workflow-bundle.mjs'
import { processEnvironment } from '../src/config.ts'
import { type Child, startChild } from '../src/dev/child.ts'
import { startMongo } from '../src/dev/mongo.ts'
import { choosePorts } from '../src/dev/ports.ts'
import { startTemporal } from '../src/dev/temporal.ts'
import { untilUp } from '../src/dev/wait.ts'
import { newApiKey } from '../src/ids.ts'

/** CPU milliseconds that each part has used since it began. */
export type Cpu = { herald: number; temporal: number; mongo: number }

export type Stack = {
  call: (method: string, path: string, body?: unknown) => Promise<{ status: number; body: unknown }>
  cpu: () => Promise<Cpu>
  /** Resident memory of herald in MiB. */
  memoryMib: () => Promise<number>
  stop: () => Promise<void>
}

const TICK_MS = 10

/** herald with servers of its own, as `npm start` runs them, in a temporary folder. */
export async function startStack(): Promise<Stack> {
  const dataDir = await mkdtemp(join(tmpdir(), 'herald-bench-'))
  const children: Child[] = []
  const started = (child: Child) => void children.push(child)
  const env = { ...processEnvironment(), TEMPORAL_ADDRESS: undefined, MONGODB_URI: undefined }
  const ports = await choosePorts(0)
  const [source, found] = await Promise.all([findMongo({ environment: env }), findTemporal(env)])
  if (!found?.cli || !source || source.engine === 'external') throw new Error('npm test once first')
  const temporal = { cli: found.cli, dataDir, port: ports.temporal, namespace: 'default', env }
  const servers = await Promise.all([
    startTemporal(temporal, started),
    startMongo({ source, dataDir, port: ports.mongo, env }, started),
  ])
  const key = newApiKey().value
  const herald = await startChild({
    program: process.execPath,
    args: ['--import', 'tsx', 'src/cli.ts', 'serve', 'all'],
    env: {
      ...env,
      PORT: String(ports.api),
      MONGODB_URI: servers[1].uri,
      TEMPORAL_ADDRESS: servers[0].address,
      WORKFLOW_BUNDLE: await workflowBundlePath(),
      ADMIN_API_KEY: key,
      OUTBOUND_ALLOW_CIDRS: '127.0.0.0/8',
      ALLOW_HTTP: 'true',
      LOG_LEVEL: 'warn',
    },
    logFile: join(dataDir, 'herald.log'),
  })
  started(herald)
  const api = `http://127.0.0.1:${ports.api}`
  const answers = async () => (await fetch(`${api}/readyz`).catch(() => undefined))?.ok ?? false
  await untilUp('herald', { child: herald, logFile: join(dataDir, 'herald.log'), answers })
  const [temporalChild, mongoChild] = [servers[0].child, servers[1].child]
  return {
    call: (method, path, body) => call(new URL(path, api), { method, key, body }),
    cpu: async () => ({
      herald: await cpuMs(herald.pid),
      temporal: await cpuMs(temporalChild.pid),
      mongo: await cpuMs(mongoChild.pid),
    }),
    memoryMib: () => residentMib(herald.pid),
    async stop() {
      for (const child of children.toReversed()) await child.stop(10_000)
      await rm(dataDir, { recursive: true, force: true })
    },
  }
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

/** User and system time of a process, by /proc (Linux only). */
async function cpuMs(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}

async function residentMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024
}
