import { access, chmod, constants, lstat, mkdir, readdir, rm, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { newApiKey, newMasterKey } from '../../src/ids.ts'
import { StartFailure } from '../failure.ts'
import { readIfThere, writePrivate } from './private-file.ts'

/** Less free room than this, and a database would soon fail in ways that are hard to read. */
const LEAST_FREE_BYTES = 200 * 1_048_576

/** All that a start keeps; --reset removes these and nothing else, whatever folder was named. */
const OURS =
  /^(admin-key|master-keys|demo\.json|dev\.json|mongo|mongo-engine|temporal\.db(-wal|-shm)?|(herald|temporal|mongo)\.log(\.1)?|.*\.partial)$/

/**
 * Makes the folder, for its owner only. Where it was there before, what earlier starts made in it is closed to others, and so
 * is what this process and its children make from now on; the folder itself and other files stay as they are.
 * Throws StartFailure where it can't be written or the disk is nearly full.
 */
export async function openDataDir(dataDir: string): Promise<void> {
  process.umask(0o077)
  try {
    await makeFolder(dataDir)
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK)
    await closeToOthers(dataDir)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new StartFailure(`Can not write to ${dataDir} (${reason}). Choose with --data-dir.`)
  }
  const { bavail, bsize } = await statfs(dataDir)
  if (bavail * bsize < LEAST_FREE_BYTES)
    throw new StartFailure(`The disk of ${dataDir} has less than 200 MB free. Make room first.`)
}

/** With its parents. Node's own recursive mkdir never ends where a parent that is there takes no folder, as /proc does. */
async function makeFolder(path: string): Promise<void> {
  const parent = dirname(path)
  const isThere = (folder: string) =>
    access(folder).then(
      () => true,
      (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
    )
  if (!(await isThere(parent))) await makeFolder(parent)
  if (!(await isThere(path))) await mkdir(path, { mode: 0o700 })
}

/** Nobody else gets into our folders, so what is in them needs no change. */
async function closeToOthers(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    const path = join(dataDir, name)
    const found = OURS.test(name) ? await lstat(path) : undefined
    if (found?.isDirectory()) await chmod(path, 0o700)
    else if (found?.isFile()) await chmod(path, 0o600)
  }
}

/** Removes what earlier starts kept there. No process may use it. */
export async function emptyDataDir(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir))
    if (OURS.test(name)) await rm(join(dataDir, name), { recursive: true, force: true })
}

/** The admin key of this data folder, made once. */
export function adminKey(dataDir: string): Promise<string> {
  return madeOnce(join(dataDir, 'admin-key'), () => newApiKey().value)
}

/** The MASTER_KEYS of this data folder, made once; losing the file loses the webhooks' secrets. */
export function masterKeys(dataDir: string): Promise<string> {
  return madeOnce(join(dataDir, 'master-keys'), newMasterKey)
}

async function madeOnce(file: string, make: () => string): Promise<string> {
  const known = (await readIfThere(file))?.trim()
  if (known) return known
  const made = make()
  await writePrivate(file, `${made}\n`)
  return made
}
