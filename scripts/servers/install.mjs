// Shared by the server ladders: running programs, and installing into the cache so that it is there whole or not at all.
import { execFile } from 'node:child_process'
import { constants, readFileSync } from 'node:fs'
import { access, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { env, kill, pid } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { forget, record } from './recorded.mjs'

const execute = promisify(execFile)

/** Where servers are kept for every clone: `HERALD_CACHE`, else ~/.cache/herald. */
export function cacheFolder(environment = env) {
  return resolve(environment.HERALD_CACHE || join(homedir(), '.cache', 'herald'))
}

/** What a program prints on stdout. Throws an Error with the end of what it said. */
export async function output(program, args, options = {}) {
  try {
    const { stdout } = await execute(program, args, { maxBuffer: 1 << 26, ...options })
    return stdout
  } catch (error) {
    const said = `${error.stderr || error.stdout || error.message}`.trim().split('\n').slice(-3)
    throw new Error(error.code === 'ENOENT' ? `${program} was not found` : said.join(' '), {
      cause: error,
    })
  }
}

/** The path of an executable file of this name on PATH, or undefined. */
export async function onPath(name, environment = env) {
  for (const folder of (environment.PATH ?? '').split(delimiter).filter(Boolean)) {
    const file = join(folder, name)
    if (await isExecutable(file)) return file
  }
  return undefined
}

/** Whether the path is a file that may be run. */
export async function isExecutable(file) {
  try {
    await access(file, constants.X_OK)
    return (await stat(file)).isFile()
  } catch {
    return false
  }
}

/** Whether the path is there. */
export async function exists(path) {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/**
 * Fills a temporary folder beside `folder`, renames it and writes down what it holds, so that an interrupted download
 * never counts. `fill` gets the temporary folder; what it throws is thrown on and nothing is left.
 */
export async function installFolder(folder, fill) {
  await mkdir(dirname(folder), { recursive: true })
  const partial = await mkdtemp(`${folder}.partial-`)
  try {
    await fill(partial)
    await forget(folder)
    await rm(folder, { recursive: true, force: true })
    await rename(partial, folder)
    await record(folder)
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
}

/** The version of a package in a file of scripts/requirements. Throws an Error where the file has none. */
export function pinnedVersion(name) {
  const version = new RegExp(`^${name}==(\\S+)`, 'm').exec(readFileSync(requirements(name), 'utf8'))
  if (!version) throw new Error(`scripts/requirements/${name}.txt pins no ${name}`)
  return version[1]
}

/**
 * `pip install` of a file of scripts/requirements: only files with the hashes in it, and nothing that is built here, since
 * that runs code of the package.
 * Throws an Error that says what to install where there is no Python or pip.
 */
export async function pipInstall(name, { python = 'python3', args = [], ...options }) {
  await output(python, ['-m', 'pip', '--version']).catch((error) => {
    throw new Error(`needs python3 with pip (${error.message})`, { cause: error })
  })
  const quiet = [
    '--quiet',
    '--disable-pip-version-check',
    '--no-input',
    '--no-warn-script-location',
  ]
  const checked = ['--require-hashes', '--only-binary', ':all:', '-r', requirements(name)]
  await output(python, ['-m', 'pip', 'install', ...quiet, ...args, ...checked], options)
}

function requirements(name) {
  return fileURLToPath(new URL(`../requirements/${name}.txt`, import.meta.url))
}

/** Runs `work` while no other set-up on this machine does; a lock of a dead process does not count. */
export async function alone(cache, work, say) {
  await mkdir(cache, { recursive: true })
  const lock = join(cache, 'setup.lock')
  for (let told = false; ;) {
    try {
      await writeFile(lock, String(pid), { flag: 'wx' })
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    if (await isAbandoned(lock)) {
      await rm(lock, { force: true })
      continue
    }
    if (!told) say('waiting for another set-up to end')
    told = true
    await sleep(200)
  }
  try {
    return await work()
  } finally {
    await rm(lock, { force: true })
  }
}

async function isAbandoned(lock) {
  const holder = Number(await readFile(lock, 'utf8').catch(() => '0'))
  const ageMs = Date.now() - (await stat(lock).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs
  if (!holder) return ageMs > 5_000
  try {
    kill(holder, 0)
    return false
  } catch (error) {
    return error.code === 'ESRCH'
  }
}
