import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { LICENCE_EXCEPTIONS, licenceFaults } from '../../scripts/security/licences.ts'
import {
  type Lock,
  type LockedPackage,
  lockFaults,
  readLock,
  readManifest,
} from '../../scripts/security/lock-file.ts'
import { actionFaults, allActionFaults } from '../../scripts/security/pinned-actions.ts'
import {
  allImageFaults,
  allRequirementFaults,
  imageFaults,
  requirementFaults,
} from '../../scripts/security/pinned-requirements.ts'
import { type Sbom, sbomFaults, sbomOf } from '../../scripts/security/sbom.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const lock = readLock()
const manifest = readManifest()

/** The lock with one package changed. */
function changed(path: string, change: Partial<LockedPackage>): Lock {
  return { ...lock, packages: { ...lock.packages, [path]: { ...lock.packages[path], ...change } } }
}

describe('the lock file', () => {
  it('holds packages of one registry, each with its hash, and agrees with package.json', () =>
    expect(lockFaults(lock, manifest)).toEqual([]))

  it.each<[string, Partial<LockedPackage>]>([
    ['has no SHA-512', { integrity: 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=' }],
    ['is no https archive', { resolved: 'git+ssh://git@example.com/zod.git#0123456' }],
    ['is no https archive', { resolved: 'http://registry.example/zod/-/zod-4.6.7.tgz' }],
    ['is a link', { link: true }],
    ['came inside', { inBundle: true }],
    ['is really zad', { name: 'zad' }],
    ['is not locked at', { version: '4.6.6' }],
  ])('with a package that %s is refused', (fault, change) => {
    const faults = lockFaults(changed('node_modules/zod', change), manifest)
    expect(faults).toHaveLength(1)
    expect(faults[0]).toContain(fault)
  })

  it('with packages of two hosts is refused, so is one without its .npmrc', () => {
    const first = changed('node_modules/zod', { resolved: 'https://one.example/zod.tgz' })
    const both = { resolved: 'https://two.example/ajv.tgz' }
    first.packages['node_modules/ajv'] = { ...first.packages['node_modules/ajv'], ...both }
    expect(lockFaults(first, manifest)).toEqual(['packages come from 2 hosts, not from one'])
    expect(lockFaults(lock, manifest, 'save-exact=true\n')).toHaveLength(1)
    expect(lockFaults(lock, { ...manifest, dependencies: {} })).toHaveLength(1)
  })
})

describe('the licences', () => {
  it('of what runs in production ask for no more than their notice', () =>
    expect(licenceFaults(lock, manifest)).toEqual([]))

  it('are refused where they are another one, unless a reason is given that is still needed', () => {
    const installed = () => undefined
    const copyleft = changed('node_modules/zod', { license: 'MIT AND GPL-3.0-only' })
    expect(licenceFaults(copyleft, manifest, { installed })).toHaveLength(1)
    const choice = changed('node_modules/zod', { license: '(MIT OR GPL-3.0-only)' })
    expect(licenceFaults(choice, manifest, { installed })).toEqual([])
    const exceptions = { ...LICENCE_EXCEPTIONS, zod: { licence: 'X', reason: 'none' } }
    expect(licenceFaults(lock, manifest, { installed, exceptions })).toHaveLength(1)
    const other = {
      installed: (path: string) => ({ license: path.endsWith('/zod') ? 'X' : 'MIT' }),
    }
    expect(licenceFaults(lock, manifest, other)).toContain('zod: the lock says MIT, the package X')
  })
})

describe('the bill of materials', () => {
  const component = (name: string, version: string, more: object = {}) => ({
    'bom-ref': `${name}@${version}`,
    type: 'library',
    name,
    version,
    purl: `pkg:npm/${name}@${version}`,
    ...more,
  })
  const small: Lock = {
    lockfileVersion: 3,
    packages: {
      'node_modules/a': { version: '1.0.0', integrity: `sha512-${'A'.repeat(86)}==` },
      'node_modules/unionfs': { version: '2.0.0', integrity: 'sha512-BBBB', dev: true },
    },
  }
  const hashes = (content: string) => ({ hashes: [{ alg: 'SHA-512', content }] })
  const printed = {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    serialNumber: 'urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79',
    version: 1,
    metadata: { component: component('herald', '0.1.0', { name: 'a-folder' }) },
    components: [
      component('a', '1.0.0', {
        ...hashes('00'.repeat(64)),
        licenses: [{ license: { id: 'MIT' } }],
      }),
      component('unionfs', '2.0.0', hashes('041041')),
    ],
    dependencies: [{ ref: 'herald@0.1.0', dependsOn: ['a@1.0.0'] }],
  }

  it('is CycloneDX 1.6, and says what is shipped', () => {
    const sbom = sbomOf(JSON.stringify(printed), small, manifest)
    expect(sbomFaults(sbom, small)).toEqual([])
    expect(sbom).toMatchObject({
      specVersion: '1.6',
      metadata: { component: { name: 'herald', type: 'application' } },
      components: [{ scope: 'required' }, { scope: 'excluded', licenses: [{}] }],
    })
  })

  it('that differs from the lock is refused', () => {
    const sbom = sbomOf(JSON.stringify(printed), small, manifest)
    const [first, ...rest] = sbom.components
    const faultsOf = (change: Partial<Sbom>) => sbomFaults({ ...sbom, ...change }, small)
    expect(faultsOf({ components: rest })).toContain('a@1.0.0 is missing')
    expect(faultsOf({ components: rest })).toContain('a@1.0.0 leads nowhere')
    if (!first) throw new Error('no component')
    const other = { ...first, hashes: [{ alg: 'SHA-512', content: '11' }], licenses: [] }
    expect(faultsOf({ components: [other, ...rest] })).toEqual([
      'a@1.0.0 has another hash',
      'a@1.0.0 has no licence',
    ])
    const foreign = { ...first, 'bom-ref': 'b@1.0.0' }
    expect(faultsOf({ components: [...sbom.components, foreign] })).toEqual([
      'b@1.0.0 is not locked',
    ])
  })
})

describe('the workflow files of GitHub', () => {
  it('name every action by its commit, and ask for few permissions', () =>
    expect(allActionFaults(ROOT)).toEqual([]))

  it.each([
    '      - uses: actions/checkout@v5',
    '      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8',
    '      - uses: actions/checkout@08c6903 # v5.0.0',
    '      - uses: docker://alpine:3',
    '  pull_request_target:',
  ])('with %j are refused', (line) => {
    expect(actionFaults('x.yml', `permissions:\n  contents: read\n${line}\n`)).toHaveLength(1)
    expect(actionFaults('x.yml', 'on: push\n')).toHaveLength(1)
  })
})

describe('the Python packages', () => {
  it('are named with their versions and hashes, all that they need too', () =>
    expect(allRequirementFaults(ROOT)).toEqual([]))

  const hash = `--hash=sha256:${'0'.repeat(64)}`
  it.each([
    '',
    'six',
    'six==1.0',
    `six>=1.0 ${hash}`,
    'six==1.0 --hash=md5:00',
    `six @ https://example.com/six.whl ${hash}`,
    `--index-url https://example.com/simple`,
    '-e .',
  ])('with %j are refused', (line) => {
    expect(requirementFaults('x.txt', `# a comment\n${line}\n`)).toHaveLength(1)
    expect(
      requirementFaults('x.txt', `six==1.0 ; python_version < '3.11' \\\n    ${hash}\n`),
    ).toEqual([])
  })
})

describe('the images', () => {
  it('are named by the digest of their content', () => expect(allImageFaults(ROOT)).toEqual([]))

  it.each([
    'FROM node:24',
    '    image: postgres:16',
    'FROM node@sha256:00',
    '    image: mongo:8.3.11',
  ])('with %j are refused', (line) => expect(imageFaults(`${line}\n`)).toHaveLength(1))
})
