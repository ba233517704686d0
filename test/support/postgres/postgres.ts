import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { output } from '../../../scripts/servers.mjs'
import { type Command, startChild } from '../../../dev/servers/child.ts'
import { untilUp } from '../../../dev/servers/wait.ts'
import { killable, type OwnServer } from '../servers/killable.ts'
import { postgresFolder } from './programs.ts'

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '256MB',
}

type Account = { uid: number; gid: number }
type Installation = { bin: string; data: string; port: number; account: Account | undefined }

/** A PostgreSQL of its own on loopback, not started, with the superuser `postgres` and no passwords; `remove` after its end. */
export async function ownPostgres(
  port: number,
): Promise<OwnServer & { port: number; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'herald-postgres-'))
  const account = await otherAccount()
  if (account) await chown(folder, account.uid, account.gid)
  const installation = { bin: await postgresFolder(), data: join(folder, 'data'), port, account }
  await makeCluster(installation)
  const server = killable(async (started) => {
    const logFile = join(folder, 'postgres.log')
    const child = await startChild({ ...serverCommand(installation), env: process.env, logFile })
    started(child)
    const answers = () => isReady(installation)
    await untilUp('PostgreSQL', { child, logFile, answers })
  })
  return { ...server, port, remove: () => rm(folder, { recursive: true, force: true }) }
}

/** PostgreSQL refuses to run as root: then it is another account's, which has no other rights. */
async function otherAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = await Promise.all(
      ['-u', '-g'].map((flag) => output('id', [flag, name]).catch(() => '')),
    )
    if (uid && gid) return { uid: Number(uid), gid: Number(gid) }
  }
  throw new Error('PostgreSQL does not run as root, and there is no account postgres or nobody.')
}

async function makeCluster({ bin, data, account }: Installation): Promise<void> {
  const args = ['-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--no-locale', '-D', data]
  await output(join(bin, 'initdb'), args, { cwd: '/', ...account })
}

function serverCommand({
  bin,
  data,
  port,
  account,
}: Installation): Pick<Command, 'program' | 'args'> {
  const settings = Object.entries({ ...SETTINGS, port: String(port) })
  const args = ['-D', data, ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  const program = join(bin, 'postgres')
  if (!account) return { program, args }
  const as = [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups']
  return { program: 'setpriv', args: [...as, program, ...args] }
}

async function isReady({ bin, port }: Installation): Promise<boolean> {
  const at = ['-q', '-h', '127.0.0.1', '-p', String(port), '-U', 'postgres']
  await output(join(bin, 'pg_isready'), at)
  return true
}
