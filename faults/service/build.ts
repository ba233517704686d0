import { execFileSync } from 'node:child_process'
import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Edit } from '../plan.ts'

/** Inside of node_modules, so that a build there finds its packages. */
const EDITED = 'node_modules/.cache/herald-edited'

/** A herald as it is installed: what starts it, and its workflows. */
export type Build = { cli: string; bundle: string }
const buildIn = (folder: string): Build => ({
  cli: join(folder, 'dist/cli.js'),
  bundle: join(folder, 'dist/workflow-bundle.js'),
})

/** Builds herald once for all rows. */
export function buildHerald(): Build {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: ['ignore', 'ignore', 'inherit'] })
  return buildIn('.')
}

/** A copy of the build with these edits; there is one at a time. Throws where the build has not exactly one such text. */
export async function editedBuild(edits: readonly Edit[]): Promise<Build> {
  await rm(EDITED, { recursive: true, force: true })
  await mkdir(EDITED, { recursive: true })
  await cp('package.json', join(EDITED, 'package.json'))
  await cp('dist', join(EDITED, 'dist'), { recursive: true })
  await symlink(resolve('docs'), join(EDITED, 'docs'))
  for (const [name, from, to] of edits) {
    const file = join(EDITED, 'dist', name)
    const parts = (await readFile(file, 'utf8')).split(from)
    if (parts.length !== 2) throw new Error(`${name} has ${parts.length - 1} times: ${from}`)
    await writeFile(file, parts.join(to))
  }
  return buildIn(EDITED)
}
