import { existsSync, readFileSync } from 'node:fs'
import { clientAddressOf } from '../api/limits/client-address.ts'
import type { Config } from '../config.ts'
import { Ingest } from '../ingest/ingest.ts'
import type { Logger } from '../logger.ts'
import { Metrics } from '../metrics.ts'
import { defineModels, type Models, openModels } from '../models/connect.ts'
import { DeliveryChanges } from '../models/deliveries/changes.ts'
import { type AddressGuard, createAddressGuard } from '../outbound/address/address-guard.ts'
import { mongoOrigin, ownListeners } from '../outbound/address/own-listeners.ts'
import { EncryptionCodec } from '../vault/payload-codec.ts'
import { KeyRing } from '../vault/key-ring.ts'
import { connectTemporal, type TemporalLink } from '../temporal/connect.ts'
import { TemporalGateway } from '../temporal/gateway.ts'
import { ReplayGateway } from '../temporal/replays.ts'
import { saysWaiting } from './waiting.ts'

/** What API and worker of one process share: above all one connection to Temporal, so that eager start works. */
export type HeraldRuntime = {
  config: Config
  logger: Logger
  version: string
  models: Models
  /** Resolves when MongoDB has answered for the first time. */
  mongoReady: Promise<void>
  changes: DeliveryChanges
  link: TemporalLink
  /** Encrypts and decrypts what Temporal stores: one for client, worker and codec server. */
  codec: EncryptionCodec
  gateway: TemporalGateway
  replays: ReplayGateway
  ingest: Ingest
  /** Which addresses may be called: one for saving and for sending. */
  guard: AddressGuard
  metrics: Metrics
  /** Aborted when the process is to stop. */
  stopping: AbortController
}

/**
 * Connects to Temporal (waits for it) and to MongoDB (does not wait: ingest and worker bear its absence). Throws before it
 * waits where the configuration is wrong.
 */
export async function openRuntime(config: Config, logger: Logger): Promise<HeraldRuntime> {
  const guard = guardOf(config)
  clientAddressOf(config.TRUSTED_PROXIES)
  if (config.WORKFLOW_BUNDLE && !existsSync(config.WORKFLOW_BUNDLE))
    throw new Error(`WORKFLOW_BUNDLE: there is no ${config.WORKFLOW_BUNDLE}`)
  const ring = new KeyRing(config.MASTER_KEYS)
  const models = defineModels(ring)
  const mongoReady = openMongo(models, config, logger)
  const link = await connectTemporal(config, saysWaiting('temporal', logger))
  const codec = new EncryptionCodec({
    ring,
    namespace: link.namespace,
    encrypts: config.TEMPORAL_ENCRYPT && ring.current !== undefined,
  })
  const gateway = new TemporalGateway(link, config, codec)
  const replays = new ReplayGateway(link, config, codec)
  const ingest = new Ingest({
    models,
    workflows: gateway,
    groupMax: config.GROUP_MAX,
    maxWaiting: config.INGEST_MAX_WAITING,
    now: Date.now,
  })
  for (const origin of ownListeners(config, link.address)) guard.addOwnOrigin(origin)
  denyMembers(models, mongoReady, guard)
  warnOfPrivateNetworks(config, logger)
  const stopping = new AbortController()
  const version = packageVersion()
  const metrics = new Metrics()
  const changes = new DeliveryChanges(models)
  const shared = {
    config,
    logger,
    version,
    models,
    changes,
    mongoReady,
    link,
    codec,
    gateway,
    replays,
  }
  return { ...shared, ingest, guard, metrics, stopping }
}

function guardOf(config: Config): AddressGuard {
  return createAddressGuard({
    allowCidrs: config.OUTBOUND_ALLOW_CIDRS,
    denyCidrs: config.OUTBOUND_DENY_CIDRS,
    allowHosts: config.OUTBOUND_ALLOW_HOSTS,
    allowHttp: config.ALLOW_HTTP,
  })
}

/** Resolves when MongoDB has answered for the first time; one that cannot be used ends the process. */
function openMongo(models: Models, config: Config, logger: Logger): Promise<void> {
  const ready = openModels(models, config.MONGODB_URI, saysWaiting('mongodb', logger))
  ready.catch((error: unknown) => {
    logger.fatal({ err: error }, 'mongodb.unusable')
    process.exitCode = 1
    process.kill(process.pid, 'SIGTERM')
  })
  return ready
}

/** Closes what openRuntime opened; worker and API must have ended. */
export async function closeRuntime({ link, models }: HeraldRuntime): Promise<void> {
  await link.connection.close()
  await models.connection.close()
}

/** A replica set has more members than its connection string names; each that answers is no target either. */
function denyMembers(models: Models, ready: Promise<void>, guard: AddressGuard): void {
  ready.then(
    () =>
      models.connection
        .getClient()
        .on('serverHeartbeatSucceeded', ({ connectionId }) =>
          guard.addOwnOrigin(mongoOrigin(connectionId)),
        ),
    () => undefined, // it is told elsewhere
  )
}

/** At every start: who may save a webhook reaches these networks through herald. */
function warnOfPrivateNetworks(config: Config, logger: Logger): void {
  const { OUTBOUND_ALLOW_CIDRS: networks, OUTBOUND_ALLOW_HOSTS: hosts } = config
  if (networks.length + hosts.length > 0)
    logger.warn({ networks, hosts }, 'outbound.private_networks_allowed')
}

export function packageVersion(): string {
  const file = new URL('../../package.json', import.meta.url)
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string }
  return version
}
