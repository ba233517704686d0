// Where MongoDB, or a server that speaks its protocol, comes from: docs/decisions/0003.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { arch, env, platform } from 'node:process'
import {
  cacheFolder,
  exists,
  installFolder,
  isExecutable,
  onPath,
  output,
  pinnedVersion,
  pipInstall,
} from './install.mjs'
import { findOn, getOn, isAtLeast } from './ladder.mjs'
import { isAsRecorded } from './recorded.mjs'

const SECANTUS = pinnedVersion('secantusdb')
const MONGOD = '7.0.24'
const INSTRUCTIONS = `Do one of these, then start again:
  - install MongoDB (4.4 or newer) and put mongod on PATH, or name it in MONGOD_PATH
  - install Python 3 with pip and let this machine reach a Python package index
  - install secantusd-rs: cargo install secantus-mdb --version 0.5.3-beta.196 --locked --ignore-rust-version
  - set MONGODB_URI to a MongoDB that runs already`

/**
 * The MongoDB that would be used now, without getting anything; undefined where none is there.
 * `engine` keeps to the kind of server that wrote the data.
 */
export function findMongo({ engine, environment = env } = {}) {
  return findOn(rungsOf(environment).filter((rung) => isOf(rung, engine)))
}

/** Finds MongoDB or gets it. Throws an Error with instructions where nothing works. */
export function getMongo(say, environment = env) {
  return getOn(rungsOf(environment), { what: 'MongoDB', say, instructions: INSTRUCTIONS })
}

function isOf(rung, engine) {
  return !engine || !rung.engine || rung.engine === engine
}

function rungsOf(environment) {
  const cache = cacheFolder(environment)
  const secantus = join(cache, 'secantus', SECANTUS)
  return [
    { name: 'MONGODB_URI', find: () => configured(environment) },
    { name: 'MONGOD_PATH', engine: 'mongod', find: () => named(environment.MONGOD_PATH) },
    { name: 'PATH', engine: 'mongod', find: () => installed('mongod', environment) },
    { name: 'cached', engine: 'mongod', find: () => cachedMongod(join(cache, 'mongodb')) },
    { name: 'PATH', engine: 'secantusd-rs', find: () => installed('secantusd-rs', environment) },
    { name: 'cached', engine: 'secantusd', find: () => cachedSecantus(secantus) },
    { name: "MongoDB's download", engine: 'mongod', get: () => fromDownload(cache) },
    { name: `Python package SecantusDB ${SECANTUS}`, get: () => fromPython(secantus) },
  ]
}

async function configured(environment) {
  const uri = environment.MONGODB_URI
  return uri ? { uri, engine: 'external', version: 'as it runs' } : undefined
}

async function named(program) {
  if (!program) return undefined
  if (await isExecutable(program)) return mongod(program)
  throw new Error(`MONGOD_PATH names ${program}, which is not an executable file`)
}

async function installed(name, environment) {
  const program = await onPath(name, environment)
  if (!program) return undefined
  if (name === 'mongod') return mongod(program).catch(() => undefined)
  return { engine: 'secantusd-rs', program, version: 'secantusd-rs' }
}

/** `db version v7.0.24`; one older than 4.4 is not used. */
async function mongod(program) {
  const text = await output(program, ['--version'], { timeout: 20_000 })
  const version = /v(\d+\.\d+\.\d+)/.exec(text)?.[1] ?? '0'
  if (!isAtLeast(version, '4.4'))
    throw new Error(`${program} is MongoDB ${version}, older than 4.4`)
  return { engine: 'mongod', program, version }
}

async function cachedMongod(folder) {
  const names = await readdir(folder).catch(() => [])
  const name = names.find((each) => /^mongod-[\d.]+\d$/.test(each))
  if (!name) return undefined
  const files = await readdir(join(folder, name)).catch(() => [])
  const file = files.find((each) => /^mongod.*\d(\.exe)?$/.test(each))
  return file && (await isAsRecorded(join(folder, name)))
    ? mongod(join(folder, name, file))
    : undefined
}

async function cachedSecantus(folder) {
  const isThere = await exists(join(folder, 'bin', 'secantusd-py'))
  if (!isThere || !(await isAsRecorded(folder))) return undefined
  return { engine: 'secantusd', program: folder, version: SECANTUS }
}

/** Real MongoDB through mongodb-memory-server-core; gives up within 3 s where its host can't be reached. */
async function fromDownload(cache) {
  const { MongoBinary } = await import('mongodb-memory-server-core')
  const { MongoBinaryDownloadUrl } =
    await import('mongodb-memory-server-core/lib/util/MongoBinaryDownloadUrl.js')
  const url = await new MongoBinaryDownloadUrl({ version: MONGOD, platform, arch }).getDownloadUrl()
  const head = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(3_000) }).catch(
    () => {
      throw new Error('its host can not be reached')
    },
  )
  if (!head.ok) throw new Error(`its host answered ${head.status}`)
  const folder = join(cache, 'mongodb', `mongod-${MONGOD}`)
  await installFolder(folder, (partial) =>
    MongoBinary.getPath({ version: MONGOD, downloadDir: partial }),
  )
  return cachedMongod(join(cache, 'mongodb'))
}

async function fromPython(folder) {
  await installFolder(folder, (partial) =>
    pipInstall('secantusdb', { args: ['--target', partial] }),
  )
  return cachedSecantus(folder)
}
