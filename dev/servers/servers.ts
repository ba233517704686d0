import { join } from 'node:path'
import { findMongo, findTemporal, type MongoSource } from '../../scripts/servers.mjs'
import type { Child } from './child.ts'
import { StartFailure } from '../failure.ts'
import { startMongo } from './mongo.ts'
import type { Ports } from './ports.ts'
import { readIfThere, writePrivate } from './private-file.ts'
import type { Environment } from '../stack-environment.ts'
import { ownedEnvironment } from '../stack-environment.ts'
import { startTemporal } from './temporal.ts'

type ServerPlan = {
  dataDir: string
  ports: Ports
  env: Environment
  done: (step: string, detail: Record<string, unknown>) => void
  started: (role: 'temporal' | 'mongo', child: Child) => void
}

type TemporalServer = {
  address: string
  namespace: string
  ui: string | undefined
  /** host:port of its web interface, HTTP API and metrics, where it is one of our own. */
  listeners: string[]
  cli: string | undefined
}

/** The Temporal that is configured, or one of our own. Throws StartFailure. */
export async function openTemporal(plan: ServerPlan): Promise<TemporalServer> {
  const { env, dataDir, ports } = plan
  const source = await findTemporal(env)
  if (!source) throw new StartFailure('Temporal is not there. Run node scripts/setup.mjs.')
  const namespace = env['TEMPORAL_NAMESPACE'] || 'default'
  if (source.address !== undefined) {
    plan.done(`Temporal at ${source.address} (${source.rung})`, { address: source.address })
    const { address } = source
    return {
      address,
      namespace: source.namespace,
      ui: env['TEMPORAL_UI_URL'],
      listeners: [],
      cli: undefined,
    }
  }
  const { cli, rung, version, server } = source
  const { address } = await startTemporal(
    {
      cli,
      dataDir,
      port: ports.temporal,
      uiPort: ports.temporalUi,
      httpPort: ports.temporalHttp,
      metricsPort: ports.temporalMetrics,
      namespace,
      env: ownedEnvironment(env, dataDir),
    },
    (child) => plan.started('temporal', child),
  )
  plan.done(`Temporal ${server ?? version} (CLI ${version}, ${rung})`, { version, server, rung })
  return {
    address,
    namespace,
    ui: `http://127.0.0.1:${ports.temporalUi}`,
    listeners: [ports.temporalUi, ports.temporalHttp, ports.temporalMetrics].map(
      (port) => `127.0.0.1:${port}`,
    ),
    cli,
  }
}

/** The URI, with the database's name, of the MongoDB that is configured or of one of our own. Throws StartFailure. */
export async function openMongo(plan: ServerPlan): Promise<string> {
  const { env, dataDir, ports } = plan
  const engineFile = join(dataDir, 'mongo-engine')
  const engine = (await readIfThere(engineFile))?.trim()
  const source = await findMongo({ engine, environment: env })
  if (!source) throw new StartFailure(missingMongo(engine))
  if (source.engine === 'external') {
    plan.done(`MongoDB as configured (${source.rung})`, { rung: source.rung })
    return source.uri
  }
  if (!engine) await writePrivate(engineFile, `${source.engine}\n`)
  const owned = ownedEnvironment(env, dataDir)
  const { uri } = await startMongo({ source, dataDir, port: ports.mongo, env: owned }, (child) =>
    plan.started('mongo', child),
  )
  const { version, rung } = source
  plan.done(`${mongoName(source)} (${rung})`, { engine: source.engine, version, rung })
  return `${uri}/herald?directConnection=true`
}

function missingMongo(engine: string | undefined): string {
  return engine
    ? `The data was written by ${engine}, which is not there now. Install it again, or empty the data with --reset.`
    : 'MongoDB is not there. Run node scripts/setup.mjs.'
}

function mongoName({ engine, version }: MongoSource): string {
  if (engine === 'mongod') return `MongoDB ${version}`
  const name = engine === 'secantusd' ? `SecantusDB ${version}` : 'SecantusDB (secantusd-rs)'
  return `${name}, for development; use MongoDB in production`
}
