import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What is not pinned in a file of Python packages: one without its version, or without the SHA-256 of a file; or another source. */
export function requirementFaults(file: string, text: string): string[] {
  const lines = text.replaceAll(/ \\\n */g, ' ').split('\n')
  const entries = lines.filter((line) => line !== '' && !line.startsWith('#'))
  const faults = entries
    .filter((line) => !/^[a-z0-9-]+==\S+( ; [^@]+?)?( --hash=sha256:[0-9a-f]{64})+$/.test(line))
    .map((line) => `${file}: no version and hashes in “${line.slice(0, 60)}”`)
  return entries.length === 0 ? [`${file}: no package`] : faults
}

/** The faults of all such files of the repository. */
export function allRequirementFaults(root: string): string[] {
  const folder = join(root, 'scripts/requirements')
  const files = readdirSync(folder)
  if (files.length === 0) return ['there is no file of requirements']
  return files.flatMap((file) => requirementFaults(file, readFileSync(join(folder, file), 'utf8')))
}

/** The images of Dockerfile and compose file that are not named by the digest of their content, though they are not our own. */
export function imageFaults(text: string): string[] {
  const images = [...text.matchAll(/^(?:FROM|\s+image:) (\S+)/gm)].map(([, image = '']) => image)
  return images
    .filter((image) => !image.startsWith('herald:'))
    .filter((image) => !/^[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/.test(image))
    .map((image) => `${image} is not named by its digest`)
}

/** The faults of the images of the repository. */
export function allImageFaults(root: string): string[] {
  return ['Dockerfile', 'docker-compose.temporal.yml'].flatMap((file) =>
    imageFaults(readFileSync(join(root, file), 'utf8')),
  )
}
