// The workflow bundle, prebuilt once per state of its sources: making it costs every start several seconds.
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pid } from 'node:process'
import { fileURLToPath } from 'node:url'
import { exists } from './servers/install.mjs'

/** A process that was started on older sources may still read its bundle. */
const UNUSED_MS = 86_400_000
const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Path of the prebuilt bundle of these very sources; it need not be there. */
export async function workflowBundlePath() {
  const hash = createHash('sha256')
  for (const folder of ['src/workflows', 'src/delivery']) {
    const names = await readdir(join(ROOT, folder), { recursive: true }).catch(() => [])
    for (const name of names.toSorted((a, b) => (a < b ? -1 : 1))) {
      if (name.endsWith('.ts'))
        hash.update(`${name}\0`).update(await readFile(join(ROOT, folder, name)))
    }
  }
  hash.update(await readFile(join(ROOT, 'package-lock.json')))
  const name = `workflows-${hash.digest('hex').slice(0, 16)}.js`
  return join(ROOT, 'node_modules', '.cache', 'herald', name)
}

/** Bundles the workflows into `file`, by way of a temporary file. False where there are no workflows to bundle. */
export async function bundleWorkflows(file) {
  const sources = ['src/workflows/index.ts', 'dist/workflows/index.js']
  const found = await Promise.all(sources.map((source) => exists(join(ROOT, source))))
  const source = sources[found.indexOf(true)]
  if (!source) return false
  const { bundleWorkflowCode } = await import('@temporalio/worker')
  const quiet = () => undefined
  const logger = { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet }
  const { code } = await bundleWorkflowCode({ workflowsPath: join(ROOT, source), logger })
  await mkdir(dirname(file), { recursive: true })
  await writeFile(`${file}.${pid}`, code)
  await rename(`${file}.${pid}`, file)
  return true
}

/** Makes the prebuilt bundle where it is not there, and removes those of older sources. False where nothing was made. */
export async function prebuildWorkflows() {
  const file = await workflowBundlePath()
  if (await exists(file)) return false
  const made = await bundleWorkflows(file)
  if (made) await removeOthers(file)
  return made
}

async function removeOthers(file) {
  for (const name of await readdir(dirname(file))) {
    const other = join(dirname(file), name)
    if (!/^workflows-\w+\.js$/.test(name) || other === file) continue
    const { mtimeMs } = await stat(other)
    if (Date.now() - mtimeMs > UNUSED_MS) await rm(other, { force: true })
  }
}
