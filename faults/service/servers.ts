import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chosenMongo, type MongoChoice } from '../../bench/stack.ts'
import { startMongo } from '../../dev/servers/mongo.ts'
import type { Ports } from '../../dev/servers/ports.ts'
import { startTemporal } from '../../dev/servers/temporal.ts'
import { findTemporal } from '../../scripts/servers.mjs'
import { killable, type OwnServer } from '../../test/support/servers/killable.ts'
import { processEnvironment } from '../../src/config.ts'

export const DISKS = {
  'disk of MongoDB': { name: 'mongodb', role: 'store' },
  'disk of Temporal': { name: 'temporal', role: 'engine' },
} as const
export type Disk = keyof typeof DISKS
/** Room for what a run stores, and little more. */
const DISK_SIZE = '192m'

/** What a server is started with: of what this process was, all but the addresses of other servers. */
export const environment = () => ({
  ...processEnvironment(),
  TEMPORAL_ADDRESS: undefined,
  MONGODB_URI: undefined,
})

export type Servers = {
  temporal: OwnServer
  mongo: OwnServer
  folders: Record<Disk, string>
  unmount: () => void
}

/** A Temporal and a MongoDB, not started, each with a folder of its own; a disk that is asked for is a small tmpfs. */
export async function faultServers(
  { dataDir, ports, mongo: choice }: { dataDir: string; ports: Ports; mongo?: MongoChoice },
  disks: readonly Disk[],
): Promise<Servers> {
  const env = environment()
  const [source, found] = await Promise.all([chosenMongo(choice), findTemporal(env)])
  if (!found?.cli || !source || source.engine === 'external')
    throw new Error('there is no Temporal or no such MongoDB: run node scripts/setup.mjs')
  const folders = { 'disk of MongoDB': '', 'disk of Temporal': '' }
  for (const [disk, { name }] of Object.entries(DISKS)) folders[disk as Disk] = join(dataDir, name)
  for (const folder of Object.values(folders)) mkdirSync(folder)
  const mounted = disks.map((disk) => folders[disk])
  for (const folder of mounted)
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_SIZE}`, 'herald-faults', folder])
  const unmount = () => {
    for (const folder of mounted.splice(0)) execFileSync('umount', ['--lazy', folder])
  }
  process.once('exit', unmount)
  const temporal = { cli: found.cli, dataDir: folders['disk of Temporal'], port: ports.temporal }
  const mongo = { source, dataDir: folders['disk of MongoDB'], port: ports.mongo, env }
  return {
    temporal: killable((started) =>
      startTemporal({ ...temporal, namespace: 'default', env }, started),
    ),
    mongo: killable((started) => startMongo(mongo, started)),
    folders,
    unmount,
  }
}
