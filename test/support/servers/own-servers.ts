import { mkdtemp, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { findMongo, findTemporal } from '../../../scripts/servers.mjs'
import { startMongo } from '../../../dev/servers/mongo.ts'
import { choosePorts } from '../../../dev/servers/ports.ts'
import { startTemporal } from '../../../dev/servers/temporal.ts'
import { killable, type OwnServer } from './killable.ts'

export type OwnServers = {
  /** Where both keep their files. */
  dataDir: string
  temporal: OwnServer & { address: string }
  mongo: OwnServer & { url: string }
  /** Ends both; their files stay where somebody is to look at them. */
  stop: (data?: 'remove' | 'keep') => Promise<void>
}

const ENVIRONMENT = { ...process.env, TEMPORAL_ADDRESS: undefined, MONGODB_URI: undefined }

/** A Temporal and a MongoDB for one test file that kills them, both started, with data that outlives a kill. */
export async function ownServers(): Promise<OwnServers> {
  const dataDir = await mkdtemp(join(tmpdir(), 'herald-own-'))
  const ports = await choosePorts(0)
  const env = ENVIRONMENT
  const { cli } = (await findTemporal(env)) ?? {}
  if (!cli) throw new Error('no Temporal to start')
  const temporal = killable((started) =>
    startTemporal({ cli, dataDir, port: ports.temporal, namespace: 'default', env }, started),
  )
  const mongo = await ownMongo(dataDir, ports.mongo)
  await Promise.all([temporal.start(), mongo.start()])
  return {
    dataDir,
    temporal: { ...temporal, address: `127.0.0.1:${ports.temporal}` },
    mongo,
    async stop(data = 'remove') {
      await Promise.all([temporal.kill(), mongo.kill()])
      if (data === 'remove') await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** The MongoDB that this machine has, not started, also one that cargo has installed without being on PATH. */
export async function ownMongo(dataDir: string, port: number): Promise<OwnServers['mongo']> {
  const path = [process.env['PATH'], join(homedir(), '.cargo', 'bin')].join(delimiter)
  const source = await findMongo({ environment: { ...ENVIRONMENT, PATH: path } })
  if (!source || source.engine === 'external') throw new Error('no MongoDB to start')
  const mongo = killable((started) =>
    startMongo({ source, dataDir, port, env: ENVIRONMENT }, started),
  )
  return { ...mongo, url: `mongodb://127.0.0.1:${port}` }
}
