import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { findMongo, findTemporal } from '../../../scripts/servers.mjs'
import { prebuildWorkflows, workflowBundlePath } from '../../../scripts/workflow-bundle.mjs'
import type { Child } from '../../../dev/servers/child.ts'
import { startMongo } from '../../../dev/servers/mongo.ts'
import { choosePorts } from '../../../dev/servers/ports.ts'
import { startTemporal } from '../../../dev/servers/temporal.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** `mongodb://host:port`, without a database. */
    mongoUrl: string
    temporalAddress: string
    workflowBundle: string
  }
}

const AGAIN = 'Run node scripts/setup.mjs first (npm test does).'

/** One Temporal and one MongoDB for the whole run, on free ports and in a temporary folder. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'herald-test-'))
  const children: Child[] = []
  const stop = async () => {
    await Promise.all(children.map((child) => child.stop(5_000)))
    await rm(dataDir, { recursive: true, force: true })
  }
  const atExit = () => children.forEach((child) => child.kill())
  process.once('exit', atExit)
  try {
    const bundle = await workflowBundlePath()
    await prebuildWorkflows()
    const ports = await choosePorts(0)
    const plan = { dataDir, ports, started: (child: Child) => void children.push(child) }
    const [temporal, mongo] = await Promise.all([openTemporal(plan), openMongo(plan)])
    project.provide('temporalAddress', temporal)
    project.provide('mongoUrl', mongo)
    project.provide('workflowBundle', bundle)
    return stop
  } catch (error) {
    await stop()
    throw error
  }
}

type Plan = {
  dataDir: string
  ports: Awaited<ReturnType<typeof choosePorts>>
  started: (child: Child) => void
}

async function openTemporal({ dataDir, ports, started }: Plan): Promise<string> {
  const given = process.env['HERALD_TEST_TEMPORAL_ADDRESS']
  if (given) return given
  const env = { ...process.env, TEMPORAL_ADDRESS: undefined }
  const source = await findTemporal(env)
  if (!source?.cli) throw new Error(`There is no Temporal CLI. ${AGAIN}`)
  const { cli } = source
  const server = { cli, dataDir, port: ports.temporal, namespace: 'default', env }
  const { address } = await startTemporal(server, started)
  return address
}

async function openMongo({ dataDir, ports, started }: Plan): Promise<string> {
  const given = process.env['HERALD_TEST_MONGODB_URI']
  if (given) return given
  const env = { ...process.env, MONGODB_URI: undefined }
  const source = await findMongo({ environment: env })
  if (!source || source.engine === 'external') throw new Error(`There is no MongoDB. ${AGAIN}`)
  const { uri } = await startMongo({ source, dataDir, port: ports.mongo, env }, started)
  return uri
}
