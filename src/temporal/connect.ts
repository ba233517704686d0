import { setTimeout as sleep } from 'node:timers/promises'
import { loadClientConnectConfig } from '@temporalio/envconfig'
import { NativeConnection } from '@temporalio/worker'
import type { Config } from '../config.ts'

const CONNECT_PAUSE_MS = 500

/** The one connection of a process: client and worker share it, so that eager start works. */
export type TemporalLink = { connection: NativeConnection; namespace: string; address: string }

/** gRPC status codes of a server that is not up yet: its namespaces may come with its own set-up. */
const NOT_YET = [4, 5, 14] // DEADLINE_EXCEEDED, NOT_FOUND, UNAVAILABLE

/**
 * Connects, trying again until Temporal answers and the namespace is there; `told` hears why it does not.
 * Address: configuration, then temporal.toml, then 127.0.0.1:7233. Throws where temporal.toml is wrong.
 */
export async function connectTemporal(
  config: Config,
  told: (error: unknown) => void,
): Promise<TemporalLink> {
  const profile = loadClientConnectConfig()
  const address = config.TEMPORAL_ADDRESS ?? profile.connectionOptions.address ?? '127.0.0.1:7233'
  const options = {
    ...profile.connectionOptions,
    address,
    grpcCompression: { codec: 'none' },
  } as const
  const namespace = config.TEMPORAL_NAMESPACE ?? profile.namespace ?? 'default'
  const say = (error: unknown) => told(new Error(`${address}: ${messageOf(error)}`))
  const connection = await repeated(() => NativeConnection.connect(options), say)
  await repeated(() => seenNamespace(connection, namespace), say)
  return { connection, namespace, address }
}

/** Throws while the namespace is not there; who may not look at it may still use it. */
async function seenNamespace(connection: NativeConnection, namespace: string): Promise<void> {
  try {
    await connection.workflowService.describeNamespace({ namespace })
  } catch (error) {
    const { code } = error as { code?: number }
    if (code !== undefined && NOT_YET.includes(code)) throw error
  }
}

async function repeated<T>(attempt: () => Promise<T>, told: (error: unknown) => void): Promise<T> {
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      told(error)
      await sleep(CONNECT_PAUSE_MS)
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
