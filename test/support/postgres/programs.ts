import { access, constants, readdir } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { cacheFolder, installFolder, output } from '../../../scripts/servers.mjs'

/** The release that the production-like run takes unless it is told another one. */
export const SERVER_VERSION = '1.31.2'
const DEBIAN = '/usr/lib/postgresql'
const PACKAGES = { server: 'cmd/server', sql: 'cmd/tools/sql' }

export type TemporalPrograms = { server: string; sql: string }

/** Where initdb and postgres are: POSTGRES_BIN, Debian's newest, or PATH. Throws an Error that says how to get them. */
export async function postgresFolder(): Promise<string> {
  const debian = await readdir(DEBIAN).catch((): string[] => [])
  const newest = debian.toSorted((a, b) => Number(b) - Number(a))
  const folders = [
    process.env['POSTGRES_BIN'],
    ...newest.map((version) => join(DEBIAN, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ]
  for (const folder of folders) if (folder && (await isThere(join(folder, 'initdb')))) return folder
  throw new Error('There is no PostgreSQL: apt-get install postgresql, or name it in POSTGRES_BIN.')
}

/**
 * Temporal's server and its schema tool, as people run them, built with Go into the cache where they are not there (some
 * minutes at low priority). Throws an Error where there is no Go or the build fails.
 */
export async function temporalPrograms(version = SERVER_VERSION): Promise<TemporalPrograms> {
  const folder = join(cacheFolder(), 'temporal-server', version)
  const programs = { server: join(folder, 'server'), sql: join(folder, 'sql') }
  if ((await isThere(programs.server)) && (await isThere(programs.sql))) return programs
  console.error(`building Temporal's server ${version}, which takes some minutes …`)
  await installFolder(folder, async (partial) => {
    for (const path of Object.values(PACKAGES)) await build(path, version, partial)
  })
  return programs
}

async function build(path: string, version: string, folder: string): Promise<void> {
  const env = { ...process.env, GOBIN: folder, GOFLAGS: '-p=1' }
  const target = `go.temporal.io/server/${path}@v${version}`
  await output('nice', ['-n', '19', 'go', 'install', target], { env })
}

async function isThere(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}
