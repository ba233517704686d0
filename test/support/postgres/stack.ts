import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { choosePorts, nextFreePort } from '../../../dev/servers/ports.ts'
import { ownMongo, type OwnServers } from '../servers/own-servers.ts'
import { ownPostgres } from './postgres.ts'
import { temporalPrograms } from './programs.ts'
import { makeSchemas, ownTemporalServer, PORT_KEYS, type ServerPlan } from './temporal-server.ts'

export type ProductionLikeServers = OwnServers & { namespace: string; postgresPort: number }

/**
 * Temporal as people run it, several shards on PostgreSQL, and a MongoDB, all started, on loopback and free ports, with data
 * of their own that outlives a kill. What was started ends with `stop`, and with this process unless that is killed with -9.
 */
export async function productionLikeServers(version?: string): Promise<ProductionLikeServers> {
  const programs = await temporalPrograms(version)
  const dataDir = await mkdtemp(join(tmpdir(), 'herald-production-like-'))
  const namespace = 'default'
  const { mongo: mongoPort, temporal: postgresPort, api } = await choosePorts(0)
  const ports = await serverPorts(api, [mongoPort, postgresPort])
  const postgres = await ownPostgres(postgresPort)
  const plan: ServerPlan = { programs, dataDir, postgresPort, namespace, ports }
  const temporal = ownTemporalServer(plan)
  const mongo = await ownMongo(dataDir, mongoPort)
  const stop: OwnServers['stop'] = async (data = 'remove') => {
    await Promise.all([temporal.stop(), mongo.stop()])
    await postgres.kill()
    await postgres.remove()
    if (data === 'remove') await rm(dataDir, { recursive: true, force: true })
  }
  try {
    await Promise.all([postgres.start(), mongo.start()])
    await makeSchemas(plan)
    await temporal.start()
  } catch (error) {
    await stop('keep')
    throw error
  }
  return { dataDir, temporal, mongo, namespace, postgresPort, stop }
}

/** A free port for each of the server's listeners, from this one on. */
async function serverPorts(from: number, taken: number[]): Promise<ServerPlan['ports']> {
  const chosen = new Map<string, number>()
  for (const key of PORT_KEYS)
    chosen.set(key, await nextFreePort(from, [...taken, ...chosen.values()]))
  return Object.fromEntries(chosen) as ServerPlan['ports']
}
