// What `npm start` and `npm test` need, got once: packages, servers, workflow bundle. Quiet and fast when all is there.
// Plain Node, since node_modules may not be there yet. Speaks on stderr: stdout belongs to what runs next.
import { spawn } from 'node:child_process'
import { lstat, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { argv, env, exit, platform, stderr, version } from 'node:process'
import { fileURLToPath } from 'node:url'
import { buildConsole, isConsoleBuilt } from './console.mjs'
import { getBrowser } from './servers/browser.mjs'
import { alone, cacheFolder, exists } from './servers/install.mjs'
import { isAtLeast } from './servers/ladder.mjs'
import { findMongo, getMongo } from './servers/mongo.mjs'
import { findTemporal, getTemporal } from './servers/temporal.mjs'
import { prebuildWorkflows, workflowBundlePath } from './workflow-bundle.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Characters of what npm says that are searched for a reason. */
const SAID_MAX = 20_000
/** Codes of npm where a registry is not reached. */
const NETWORK_ERRORS =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT/

function say(line) {
  stderr.write(`set-up: ${line}\n`)
}

/** Whether node_modules is missing or older than the lock file (by npm's own record of what it installed). */
async function arePackagesStale() {
  const modifiedMs = (file) =>
    stat(join(ROOT, file)).then(
      (found) => found.mtimeMs,
      () => 0,
    )
  const installedMs = await modifiedMs('node_modules/.package-lock.json')
  return installedMs === 0 || installedMs < (await modifiedMs('package-lock.json'))
}

/** Throws where node_modules leads elsewhere: `npm ci` would empty that folder, on which others may rely. */
async function refuseLink() {
  const found = await lstat(join(ROOT, 'node_modules')).catch(() => undefined)
  if (found?.isSymbolicLink())
    throw new Error(
      'node_modules is a link and older than package-lock.json; run npm ci where it leads',
    )
}

async function installPackages() {
  await refuseLink()
  say('npm ci …')
  const npm = platform === 'win32' ? 'npm.cmd' : 'npm'
  const child = spawn(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...env, NODE_ENV: 'development' },
  })
  let said = ''
  child.stderr.on('data', (text) => {
    stderr.write(text)
    said = `${said}${text}`.slice(-SAID_MAX)
  })
  const code = await new Promise((done) => {
    child.on('error', () => done(-1))
    child.on('close', done)
  })
  if (code !== 0) throw new Error(`npm ci failed; what it said is above${networkAdvice(said)}`)
  say('packages are installed')
}

/** A hint where npm did not reach its registry. */
function networkAdvice(said) {
  const reason = NETWORK_ERRORS.exec(said)?.[0]
  if (!reason) return ''
  return `. The network did not let it through to the registry (${reason}): the first start needs it, or a proxy in npm's settings`
}

async function isAllThere() {
  if (await arePackagesStale()) return false
  const [temporal, mongo] = await Promise.all([findTemporal(), findMongo()])
  const isBuilt = (await exists(await workflowBundlePath())) && (await isConsoleBuilt())
  return Boolean(temporal && mongo) && isBuilt
}

async function getAll() {
  if (await arePackagesStale()) await installPackages()
  const bundling = prebuildWorkflows()
  const building = buildConsole()
  const all = await Promise.allSettled([getTemporal(say), getMongo(say), bundling, building])
  const failures = all.filter(({ status }) => status === 'rejected')
  if (failures.length > 0) throw new Error(failures.map(({ reason }) => reason.message).join('\n'))
  const [temporal, , bundled, built] = all.map(({ value }) => value)
  if (temporal.unverified) say(`Temporal is unverified: ${temporal.unverified}`)
  if (bundled) say('the workflow bundle is built')
  if (built) say('the console is built')
}

try {
  if (!isAtLeast(version.slice(1), '20.19')) {
    throw new Error(`Node ${version} is too old; herald needs 20.19 or newer`)
  }
  if (!(await isAllThere())) await alone(cacheFolder(), getAll, say)
  // a machine without one tests all but the console; its tests say so, and fail where CI runs
  if (argv.includes('--browser')) await getBrowser(say).catch(({ message }) => say(message))
} catch (error) {
  say(error.message)
  exit(1)
}
