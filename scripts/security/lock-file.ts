import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'

const versions = z.record(z.string(), z.string()).default({})
const packageSchema = z.object({
  name: z.string().optional(),
  version: z.string().optional(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  license: z.string().optional(),
  link: z.boolean().optional(),
  inBundle: z.boolean().optional(),
  /** Absent where the running product has it too. */
  dev: z.boolean().optional(),
})
export type LockedPackage = z.output<typeof packageSchema>

const manifestSchema = z.object({
  /** Folders of packages that are ours too. */
  workspaces: z.array(z.string()).default([]),
  name: z.string(),
  version: z.string(),
  license: z.string(),
  dependencies: versions,
  devDependencies: versions,
})
export type Manifest = z.output<typeof manifestSchema>

const lockSchema = z.object({
  lockfileVersion: z.literal(3),
  packages: z.record(z.string(), packageSchema.extend(manifestSchema.partial().shape)),
})
export type Lock = z.output<typeof lockSchema>

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')

/** package-lock.json. Throws where it is not of version 3. */
export function readLock(): Lock {
  return lockSchema.parse(JSON.parse(read('package-lock.json')))
}

/** package.json, as far as the checks need it. */
export function readManifest(): Manifest {
  return manifestSchema.parse(JSON.parse(read('package.json')))
}

/** The name that a folder of the lock gives a package: `node_modules/a/node_modules/@b/c` is `@b/c`. */
export function packageName(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
}

/** The references of herald's workspaces. */
export function ownPackages(lock: Lock): string[] {
  return (lock.packages['']?.workspaces ?? []).map((path) => {
    const { name = '', version = '' } = lock.packages[path] ?? {}
    return `${name}@${version}`
  })
}

/** All packages but herald itself and its workspaces, by their folder. */
export function lockedPackages(lock: Lock): [path: string, locked: LockedPackage][] {
  const own = new Set(lock.packages['']?.workspaces)
  return Object.entries(lock.packages).filter(
    ([path, { link, resolved }]) =>
      path !== '' && !own.has(path) && !(link && resolved !== undefined && own.has(resolved)),
  )
}

/**
 * What is wrong with the lock: each package must come from the one registry, over https, with a SHA-512 of its content,
 * and under its own name; and package.json must say the same as the lock.
 */
export function lockFaults(lock: Lock, manifest: Manifest, npmrc = read('.npmrc')): string[] {
  const packages = lockedPackages(lock)
  const hosts = new Set(
    packages.flatMap(([, { resolved }]) => (resolved ? [hostOf(resolved)] : [])),
  )
  return [
    ...packages.flatMap(([path, locked]) => packageFaults(path, locked)),
    ...(hosts.size > 1 ? [`packages come from ${hosts.size} hosts, not from one`] : []),
    ...manifestFaults(lock, manifest),
    ...['ignore-scripts=true', 'save-exact=true']
      .filter((line) => !npmrc.split('\n').includes(line))
      .map((line) => `.npmrc does not say ${line}`),
  ]
}

function packageFaults(path: string, locked: LockedPackage): string[] {
  const { name, resolved, integrity = '', link, inBundle } = locked
  const faults = [
    !path.startsWith('node_modules/') && 'is no package of a registry',
    link && 'is a link to a folder',
    inBundle && 'came inside another package',
    name !== undefined && name !== packageName(path) && `is really ${name}`,
    resolved !== undefined && !/^https:\/\/[^/]+\/.+\.tgz$/.test(resolved) && 'is no https archive',
    !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity) && 'has no SHA-512',
  ]
  return faults.flatMap((fault) => (fault ? [`${path} ${fault}`] : []))
}

function manifestFaults(lock: Lock, manifest: Manifest): string[] {
  const { name, version, license, workspaces } = lock.packages[''] ?? {}
  const { dependencies, devDependencies } = lock.packages[''] ?? {}
  const locked = { name, version, license, workspaces, dependencies, devDependencies }
  const differing = Object.entries(manifest).filter(
    ([field, value]) => !isSame(value, locked[field as keyof Manifest]),
  )
  const direct = { ...manifest.dependencies, ...manifest.devDependencies }
  return [
    ...differing.map(([field]) => `package.json and the lock differ in ${field}`),
    ...Object.entries(direct).flatMap(([dependency, wanted]) =>
      lock.packages[`node_modules/${dependency}`]?.version === wanted
        ? []
        : [`${dependency} is not locked at ${wanted}`],
    ),
  ]
}

/** Whether two strings or flat objects are the same. */
function isSame(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(a ?? {}, b ?? {})
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url
}
