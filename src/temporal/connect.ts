import { setTimeout as sleep } from 'node:timers/promises'
import { loadClientConnectConfig } from '@temporalio/envconfig'
import { NativeConnection } from '@temporalio/worker'
import type { Config } from '../config.ts'
import type { Logger } from '../logger.ts'

const CONNECT_PAUSE_MS = 500

/** The one connection of a process: client and worker share it, so that eager start works. */
export type TemporalLink = { connection: NativeConnection; namespace: string; address: string }

/** Connects, trying again until Temporal answers. Address: configuration, then temporal.toml, then 127.0.0.1:7233. */
export async function connectTemporal(config: Config, logger: Logger): Promise<TemporalLink> {
  const profile = loadClientConnectConfig()
  const address = config.TEMPORAL_ADDRESS ?? profile.connectionOptions.address ?? '127.0.0.1:7233'
  const options = {
    ...profile.connectionOptions,
    address,
    grpcCompression: { codec: 'none' },
  } as const
  const namespace = config.TEMPORAL_NAMESPACE ?? profile.namespace ?? 'default'
  for (let tries = 0; ; tries++) {
    try {
      return { connection: await NativeConnection.connect(options), namespace, address }
    } catch (error) {
      if (tries === 0) logger.warn({ address, error }, 'temporal.unreachable')
      await sleep(CONNECT_PAUSE_MS)
    }
  }
}
