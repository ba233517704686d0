import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type AddressInfo } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'vitest'

export type MongoServer = {
  /** Without a database name. */
  url: string
  stop: () => Promise<void>
}

/** The server of the test run's global setup, or one of this file's own. */
export async function mongoServer(): Promise<MongoServer> {
  const given = (inject as (key: string) => unknown)('mongoUrl')
  return typeof given === 'string' ? { url: given, stop: async () => undefined } : ownMongoServer()
}

/** A server that the test may stop. */
export async function ownMongoServer(): Promise<MongoServer> {
  const cache = process.env['HERALD_CACHE'] ?? join(homedir(), '.cache', 'herald')
  const folder = join(cache, 'secantus', '0.7.0b3')
  if (!existsSync(folder)) throw new Error('SecantusDB is not in the cache: run `npm test` once')
  const storage = await mkdtemp(join(tmpdir(), 'herald-api-'))
  const port = await freePort()
  const address = ['--host', '127.0.0.1', '--port', String(port)]
  const command = [join(folder, 'bin', 'secantusd-py'), ...address, '--storage-path', storage]
  const server = spawn('python3', command, {
    env: { ...process.env, PYTHONPATH: folder },
    stdio: 'ignore',
  })
  const stop = async () => {
    if (server.exitCode === null && server.signalCode === null) {
      server.kill('SIGKILL')
      await once(server, 'exit')
    }
    await rm(storage, { recursive: true, force: true })
  }
  const deadline = Date.now() + 30_000
  while (!(await listens(port))) {
    if (Date.now() > deadline || server.exitCode !== null)
      throw new Error('SecantusDB did not start')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return { url: `mongodb://127.0.0.1:${port}/`, stop }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => (socket.destroy(), resolve(true)))
    socket.once('error', () => resolve(false))
  })
}
