import { adminKey, masterKeys } from './servers/data-dir.ts'
import { DEMO_PATH, readDemo } from './demo/webhook.ts'
import { runHerald } from './herald-process.ts'
import { choosePorts, nextFreePort, tryPort } from './servers/ports.ts'
import { type Hit, type Receiver, startReceiver } from './demo/receiver.ts'
import { type RunFile, runFile } from './servers/run-file.ts'
import type { RunLock } from './servers/run-lock.ts'
import type { Screen } from './screen.ts'
import { type ServerChildren, serverChildren } from './servers/server-children.ts'
import { openMongo, openTemporal } from './servers/servers.ts'
import { apiUrl, type Environment, metricsUrl } from './stack-environment.ts'
import type { Supervised } from './servers/supervisor.ts'

const RECEIVER_PORT = 8090

type StackPlan = {
  dataDir: string
  port: number | undefined
  env: Environment
  screen: Screen
  lock: RunLock
  received: (hit: Hit) => void
}

/** What is there once herald answers. */
export type Running = {
  api: string
  apiKey: string
  metrics: string | undefined
  temporalUi: string | undefined
  receiver: Receiver
  serversUpAtMs: number
  /** Rejects when herald died and can't be started again. */
  failed: Promise<never>
}

export type Stack = {
  /** Starts everything and resolves when the API is ready. Throws StartFailure; `stop` must be called all the same. */
  start: () => Promise<Running>
  /** Drains and stops, in order: herald, receiver, Temporal, MongoDB. Also while `start` is under way. */
  stop: () => Promise<void>
  /** SIGKILL to every child, for a second Ctrl-C. */
  kill: () => void
}

/** What was started so far. */
type Parts = {
  stopping: AbortSignal
  file: RunFile
  servers: ServerChildren
  receiver?: Receiver
  herald?: Supervised
}

/** Everything that `npm start` runs, not started yet. */
export function createStack(plan: StackPlan): Stack {
  const stopping = new AbortController()
  const file = runFile(plan.dataDir)
  const around = { ...plan, file, stopping: stopping.signal }
  const servers = serverChildren(around)
  const parts: Parts = { stopping: stopping.signal, file, servers }
  let starting: Promise<unknown> = Promise.resolve()
  return {
    start() {
      const running = startAll(plan, parts)
      starting = running.catch(() => undefined)
      return running
    },
    async stop() {
      stopping.abort()
      await parts.herald?.stop()
      await parts.receiver?.stop()
      await servers.stop()
      await starting
      await parts.receiver?.stop()
      await file.remove()
    },
    kill() {
      parts.herald?.kill()
      servers.kill()
    },
  }
}

async function startAll(plan: StackPlan, parts: Parts): Promise<Running> {
  const { dataDir, env, screen } = plan
  const { stopping, file, servers } = parts
  const apiKey = await adminKey(dataDir)
  const keys = await masterKeys(dataDir)
  const ports = await choosePorts(plan.port)
  const server = { dataDir, ports, env, done: screen.done, started: servers.add }
  const opening = [openTemporal(server), openMongo(server), openReceiver(plan)] as const
  await Promise.allSettled(opening)
  const [temporal, mongo, receiver] = await Promise.all(opening)
  parts.receiver = receiver
  const serversUpAtMs = Date.now()
  const api = apiUrl(env['HOST'], ports.api)
  const metrics = metricsUrl(env, ports.metrics)
  const taken = { port: ports.api, metricsPort: ports.metrics }
  const wiring = { dataDir, ...taken, apiKey, masterKeys: keys, mongo, temporal }
  parts.herald = await runHerald({ ...plan, api, wiring, file, stopping })
  await parts.herald.ready
  const links = { console: `${api}/`, metrics, receiver: receiver.url }
  const found = { api, apiKey, ...links, temporal, mongo }
  await file.publish(found)
  screen.done(`herald ready at ${api}`, { api })
  const { failed } = parts.herald
  return { api, apiKey, metrics, temporalUi: temporal.ui, receiver, serversUpAtMs, failed }
}

/** The receiver at the port that the demo webhook knows, if that is free. */
async function openReceiver({ dataDir, port, received }: StackPlan): Promise<Receiver> {
  const demo = await readDemo(dataDir)
  const known = demo && demo.port !== port ? await tryPort(demo.port) : undefined
  // herald does not listen yet, so its port looks free
  const taken = port ? [port] : []
  const free = known ?? (port === 0 ? 0 : await nextFreePort(RECEIVER_PORT, taken))
  const receiver = await startReceiver(free, received)
  if (demo) receiver.useSecret(DEMO_PATH, demo.secret)
  return receiver
}
