import { readFileSync } from 'node:fs'
import type { Config } from './config.ts'
import { Ingest } from './ingest/ingest.ts'
import type { Logger } from './logger.ts'
import { Metrics } from './metrics.ts'
import { defineModels, type Models, openModels } from './models/connect.ts'
import { type AddressGuard, createAddressGuard } from './outbound/address-guard.ts'
import { connectTemporal, TemporalGateway, type TemporalLink } from './temporal.ts'

/** What API and worker of one process share: above all one connection to Temporal, so that eager start works. */
export type HeraldRuntime = {
  config: Config
  logger: Logger
  version: string
  models: Models
  /** Resolves when MongoDB has answered for the first time. */
  mongoReady: Promise<void>
  link: TemporalLink
  gateway: TemporalGateway
  ingest: Ingest
  /** Which addresses may be called: one for saving and for sending. */
  guard: AddressGuard
  metrics: Metrics
  /** Aborted when the process is to stop. */
  stopping: AbortController
}

/** Connects to Temporal (waits for it) and to MongoDB (does not wait: ingest and worker bear its absence). */
export async function openRuntime(config: Config, logger: Logger): Promise<HeraldRuntime> {
  const models = defineModels()
  const mongoReady = openModels(models, config.MONGODB_URI)
  mongoReady.catch((error: unknown) => {
    logger.fatal({ err: error }, 'mongodb.unusable')
    process.exitCode = 1
    process.kill(process.pid, 'SIGTERM')
  })
  const link = await connectTemporal(config, logger)
  const gateway = new TemporalGateway(link, config)
  const ingest = new Ingest({
    models,
    startWorkflow: (start) => gateway.startGroup(start),
    groupMax: config.GROUP_MAX,
    maxWaiting: config.INGEST_MAX_WAITING,
    now: Date.now,
  })
  const guard = createAddressGuard({
    allowCidrs: config.OUTBOUND_ALLOW_CIDRS,
    denyCidrs: config.OUTBOUND_DENY_CIDRS,
    allowHosts: config.OUTBOUND_ALLOW_HOSTS,
    allowHttp: config.ALLOW_HTTP,
  })
  const stopping = new AbortController()
  const version = packageVersion()
  const metrics = new Metrics()
  const servers = { models, mongoReady, link, gateway }
  return { config, logger, version, ...servers, ingest, guard, metrics, stopping }
}

/** Closes what openRuntime opened; worker and API must have ended. */
export async function closeRuntime({ link, models }: HeraldRuntime): Promise<void> {
  await link.connection.close()
  await models.connection.close()
}

function packageVersion(): string {
  const file = new URL('../package.json', import.meta.url)
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string }
  return version
}
