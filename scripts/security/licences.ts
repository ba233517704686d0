import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { type Lock, lockedPackages, type Manifest, packageName } from './lock-file.ts'

/** Licences that ask for no more than their notice. */
const ALLOWED = new Set([
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  '0BSD',
  'BlueOak-1.0.0',
])

type Exception = { licence: string; reason: string }

/** Packages of the running product whose licence is another one, or is not named in their package.json. */
export const LICENCE_EXCEPTIONS: Record<string, Exception> = {
  'caniuse-lite': {
    licence: 'CC-BY-4.0',
    reason: 'data of the bundler in @temporalio/worker, used as it is; its notice stays with it',
  },
  'fs-monkey': {
    licence: 'Unlicense',
    reason: 'public domain; part of the bundler in @temporalio/worker',
  },
  unionfs: {
    licence: 'Unlicense',
    reason: 'its LICENSE file says so, its package.json says nothing; part of the same bundler',
  },
}

const installedSchema = z.object({ license: z.string().optional() })

/** What a package.json in node_modules says; undefined where the package is for another platform. */
function installedLicence(path: string): { license?: string | undefined } | undefined {
  try {
    const file = new URL(`../../${path}/package.json`, import.meta.url)
    return installedSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return undefined
  }
}

/** Packages of the running product under a licence that is neither allowed nor excepted, and what else is not in order. */
export function licenceFaults(
  lock: Lock,
  manifest: Manifest,
  { installed = installedLicence, exceptions = LICENCE_EXCEPTIONS } = {},
): string[] {
  const used = new Set<string>()
  const faults = lockedPackages(lock).flatMap(([path, { license, dev }]) => {
    const name = packageName(path)
    const found = installed(path)
    if (found && found.license !== license)
      return [
        `${name}: the lock says ${license ?? 'nothing'}, the package ${found.license ?? 'nothing'}`,
      ]
    if (dev || isAllowed(license)) return []
    used.add(name)
    const exception = exceptions[name]
    return exception && (license === undefined || license === exception.licence)
      ? []
      : [`${name}: ${license ?? 'no licence'} is not on the list`]
  })
  const unused = Object.keys(exceptions).filter((name) => !used.has(name))
  return [
    ...faults,
    ...unused.map((name) => `${name}: its exception is no longer needed`),
    ...ownFaults(manifest),
  ]
}

/** Of an SPDX expression every part of an AND, and one of an OR, must be allowed. */
function isAllowed(expression = ''): boolean {
  const plain = expression.replaceAll(/[()]/g, '')
  return plain
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((licence) => ALLOWED.has(licence)))
}

function ownFaults({ license }: Manifest): string[] {
  const text = readFileSync(new URL('../../LICENSE', import.meta.url), 'utf8')
  return text.startsWith(`${license} License\n`) ? [] : [`LICENSE is not the ${license} licence`]
}
