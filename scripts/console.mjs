// The web console, built once per state of its sources: herald serves console/dist.
import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { exists } from './servers/install.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FOLDER = join(ROOT, 'console')
const STAMP = join(FOLDER, 'dist', 'sources.txt')
/** What it is made of besides its own folder. */
const OTHERS = [
  'package-lock.json',
  'src/api/webhooks/presets.ts',
  'src/delivery/health.ts',
  'src/delivery/match.ts',
  'src/delivery/operator-events.ts',
]
const PROGRAMS = ['node/verify.mjs', 'python/verify.py', 'go/verify.go', 'java/Verify.java'].concat(
  ['php/verify.php', 'ruby/verify.rb', 'csharp/Verify.cs', 'bash/verify.sh'],
)

async function filesOf(folder) {
  const entries = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted((a, b) => (a < b ? -1 : 1))
}

async function sourcesHash() {
  const hash = createHash('sha256')
  const own = [...(await filesOf('console/src')), ...(await filesOf('console/public'))]
  const named = ['index.html', 'package.json', 'vite.config.ts'].map((name) => `console/${name}`)
  const others = [...named, ...OTHERS, ...PROGRAMS.map((name) => `docs/verify/${name}`)]
  for (const file of [...own, ...others.map((name) => join(ROOT, name))])
    hash.update(`${file.slice(ROOT.length)}\0`).update(await readFile(file))
  return hash.digest('hex')
}

/** Whether console/dist is of these very sources. */
export async function isConsoleBuilt() {
  // a package without sources brings what was built
  if (!(await exists(join(FOLDER, 'src')))) return true
  const stamp = await readFile(STAMP, 'utf8').catch(() => '')
  return stamp === (await sourcesHash())
}

/** Builds it where it is missing or older than its sources. False where nothing was made. */
export async function buildConsole() {
  if (await isConsoleBuilt()) return false
  const { build } = await import('vite')
  const hash = await sourcesHash()
  await build({ root: FOLDER, logLevel: 'error' })
  await writeFile(STAMP, hash)
  return true
}
