import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findMongo, findTemporal } from '../../scripts/servers.mjs'
import type { Child } from '../../src/dev/child.ts'
import { startMongo } from '../../src/dev/mongo.ts'
import { choosePorts } from '../../src/dev/ports.ts'
import { startTemporal } from '../../src/dev/temporal.ts'

export type OwnServer = {
  /** kill -9; resolves when it is gone. */
  kill: () => Promise<void>
  /** Starts it (again) on the same data and port; resolves when it answers. */
  start: () => Promise<void>
}
export type OwnServers = {
  /** Where both keep their files. */
  dataDir: string
  temporal: OwnServer & { address: string }
  mongo: OwnServer & { url: string }
  stop: () => Promise<void>
}

/** A Temporal and a MongoDB for one test file that kills them, both started, with data that outlives a kill. */
export async function ownServers(): Promise<OwnServers> {
  const dataDir = await mkdtemp(join(tmpdir(), 'herald-own-'))
  const ports = await choosePorts(0)
  const env = { ...process.env, TEMPORAL_ADDRESS: undefined, MONGODB_URI: undefined }
  const source = await findMongo({ environment: env })
  const { cli } = (await findTemporal(env)) ?? {}
  if (!cli || !source || source.engine === 'external') throw new Error('no servers to start')
  const temporal = killable((started) =>
    startTemporal({ cli, dataDir, port: ports.temporal, namespace: 'default', env }, started),
  )
  const mongo = killable((started) =>
    startMongo({ source, dataDir, port: ports.mongo, env }, started),
  )
  await Promise.all([temporal.start(), mongo.start()])
  return {
    dataDir,
    temporal: { ...temporal, address: `127.0.0.1:${ports.temporal}` },
    mongo: { ...mongo, url: `mongodb://127.0.0.1:${ports.mongo}` },
    async stop() {
      await Promise.all([temporal.kill(), mongo.kill()])
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

function killable(launch: (started: (child: Child) => void) => Promise<unknown>): OwnServer {
  let child: Child | undefined
  return {
    async kill() {
      child?.kill()
      await child?.ended
    },
    async start() {
      await launch((started) => (child = started))
    },
  }
}
