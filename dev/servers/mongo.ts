import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { MongoSource } from '../../scripts/servers.mjs'
import { type Child, startChild } from './child.ts'
import { untilUp } from './wait.ts'

/**
 * So that each commit is handed to the operating system before it is answered; secantusd-rs keeps it to itself for a
 * moment otherwise, and a kill loses it (docs/decisions/0010). WiredTiger's own variable: the environment may say more.
 */
const LOG_EACH_COMMIT = { WIREDTIGER_CONFIG: 'transaction_sync=(enabled=true,method=none)' }

type LocalMongo = Exclude<MongoSource, { engine: 'external' }>

export type MongoPlan = {
  source: LocalMongo
  /** Keeps mongo/ and mongo.log. */
  dataDir: string
  port: number
  env: Record<string, string | undefined>
}

/** Starts MongoDB, or the server that stands in for it, on loopback; resolves to its URI without a database name. */
export async function startMongo(plan: MongoPlan, started: (child: Child) => void) {
  const logFile = join(plan.dataDir, 'mongo.log')
  await mkdir(join(plan.dataDir, 'mongo'), { recursive: true, mode: 0o700 })
  const child = await startChild({ ...mongoCommand(plan), logFile })
  started(child)
  const uri = `mongodb://127.0.0.1:${plan.port}`
  await untilUp('MongoDB', { child, logFile, answers: () => isReady(uri, plan.source.engine) })
  return { child, uri }
}

function mongoCommand({ source, dataDir, port, env }: MongoPlan) {
  const folder = join(dataDir, 'mongo')
  const { engine, program } = source
  if (engine === 'mongod') {
    const args = ['--dbpath', folder, '--bind_ip', '127.0.0.1', '--port', String(port)]
    return { program, args: [...args, '--replSet', 'rs0'], env }
  }
  const args = ['--port', String(port), '--storage-path', folder]
  if (engine === 'secantusd-rs')
    return { program, args: [...args, '--cache-size', '512M'], env: { ...LOG_EACH_COMMIT, ...env } }
  return {
    program: 'python3',
    args: [
      join(program, 'bin', 'secantusd-py'),
      '--host',
      '127.0.0.1',
      ...args,
      '--sync-on-commit',
    ],
    // its folder stays as it was installed, which is checked at the next start
    env: { ...env, PYTHONPATH: program, PYTHONDONTWRITEBYTECODE: '1' },
  }
}

/** Whether it takes writes; a mongod on an empty folder is made a replica set of one first. */
async function isReady(uri: string, engine: LocalMongo['engine']): Promise<boolean> {
  const { mongo } = await import('mongoose')
  const client = new mongo.MongoClient(uri, {
    directConnection: true,
    serverSelectionTimeoutMS: 2_000,
  })
  try {
    const admin = client.db('admin')
    const hello = await admin.command({ hello: 1 })
    if (engine !== 'mongod' || hello['isWritablePrimary']) return true
    if (!hello['setName']) {
      const members = [{ _id: 0, host: uri.replace('mongodb://', '') }]
      await admin.command({ replSetInitiate: { _id: 'rs0', members } })
    }
    return false
  } finally {
    await client.close()
  }
}
