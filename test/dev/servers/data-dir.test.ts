import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { configSchema, loadConfig } from '../../../src/config.ts'
import { startChild } from '../../../dev/servers/child.ts'
import { adminKey, emptyDataDir, masterKeys, openDataDir } from '../../../dev/servers/data-dir.ts'
import { privateJsonWriter } from '../../../dev/servers/private-file.ts'
import { OWNER_KEY, startMark } from '../../../dev/servers/process-identity.ts'
import { runFile } from '../../../dev/servers/run-file.ts'
import { takeRunLock } from '../../../dev/servers/run-lock.ts'

let dataDir: string
let umask: number
beforeEach(async () => {
  umask = process.umask()
  dataDir = await mkdtemp(join(tmpdir(), 'herald-data-'))
})
afterEach(async () => {
  process.umask(umask)
  await rm(dataDir, { recursive: true, force: true })
})

const facts = {
  api: 'http://127.0.0.1:8080',
  apiKey: 'hk_x',
  console: 'http://127.0.0.1:8080/',
  metrics: 'http://127.0.0.1:6/metrics',
  receiver: 'http://127.0.0.1:8090',
  temporal: {
    address: '127.0.0.1:7233',
    namespace: 'default',
    ui: 'http://127.0.0.1:8233',
    cli: '/x',
  },
  mongo: 'mongodb://127.0.0.1:27018',
}

describe('the data folder', () => {
  it('is made where it is missing', async () => {
    const folder = join(dataDir, 'a', 'b')
    await openDataDir(folder)
    expect((await stat(folder)).isDirectory()).toBe(true)
  })

  it('that was there before has no file that others can read, and leaves theirs alone', async () => {
    await chmod(dataDir, 0o755)
    const ours = ['admin-key', 'herald.log', 'herald.log.1', 'temporal.db', 'temporal.db-wal']
    for (const name of [...ours, 'thesis.doc'])
      await writeFile(join(dataDir, name), '', { mode: 0o644 })
    await mkdir(join(dataDir, 'mongo'), { mode: 0o755 })
    await openDataDir(dataDir)
    const logFile = join(dataDir, 'mongo.log')
    const script = `require('fs').writeFileSync(${JSON.stringify(join(dataDir, 'temporal.db-shm'))}, '')`
    const env = { PATH: process.env['PATH'] }
    const child = await startChild({
      program: process.execPath,
      args: ['-e', script],
      env,
      logFile,
    })
    await child.ended
    const modes = await Promise.all(
      (await readdir(dataDir)).map(async (name) => {
        const { mode } = await stat(join(dataDir, name))
        return [name, (mode & 0o777).toString(8)]
      }),
    )
    const files = [...ours, 'mongo.log', 'temporal.db-shm'].map((name) => [name, '600'])
    expect(Object.fromEntries(modes)).toEqual(
      Object.fromEntries([...files, ['mongo', '700'], ['thesis.doc', '644']]),
    )
    expect((await stat(dataDir)).mode & 0o777).toBe(0o755)
  })

  it('that is a file is refused with what to do', async () => {
    await writeFile(join(dataDir, 'file'), '')
    await expect(openDataDir(join(dataDir, 'file'))).rejects.toThrow('--data-dir')
  })

  it.runIf(process.platform === 'linux')(
    'that can not be made, under /proc too, is refused at once',
    async () => {
      for (const folder of ['/proc/herald', '/proc/herald/deep', '/dev/null/x'])
        await expect(openDataDir(folder)).rejects.toThrow(`Can not write to ${folder}`)
    },
    1_000,
  )

  it('keeps one admin key, of the form that herald takes, readable by its owner only', async () => {
    const key = await adminKey(dataDir)
    expect(configSchema.shape.ADMIN_API_KEY.safeParse(key).success).toBe(true)
    expect(await adminKey(dataDir)).toBe(key)
    expect((await stat(join(dataDir, 'admin-key'))).mode & 0o077).toBe(0)
  })

  it('keeps one master key, readable by its owner only', async () => {
    const keys = await masterKeys(dataDir)
    expect(loadConfig({ MASTER_KEYS: keys }).MASTER_KEYS).toHaveLength(1)
    expect(await masterKeys(dataDir)).toBe(keys)
    expect((await stat(join(dataDir, 'master-keys'))).mode & 0o077).toBe(0)
  })

  it('loses only what herald made when it is emptied', async () => {
    await adminKey(dataDir)
    await masterKeys(dataDir)
    await writeFile(join(dataDir, 'temporal.db'), '')
    await writeFile(join(dataDir, 'thesis.doc'), '')
    await emptyDataDir(dataDir)
    expect(await readdir(dataDir)).toEqual(['thesis.doc'])
  })
})

describe('dev.json', () => {
  it('is never half written and ends with the last value, however often it is written', async () => {
    const file = join(dataDir, 'dev.json')
    const write = privateJsonWriter(file)
    await write({ n: 0, filler: 'x'.repeat(100_000) })
    const writes = Array.from({ length: 50 }, (_, i) =>
      write({ n: i + 1, filler: 'x'.repeat(100_000) }),
    )
    for (let i = 0; i < 50; i++)
      expect(JSON.parse(await readFile(file, 'utf8'))).toHaveProperty('filler')
    await Promise.all(writes)
    expect(JSON.parse(await readFile(file, 'utf8'))).toHaveProperty('n', 50)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await readdir(dataDir)).toEqual(['dev.json'])
  })

  it('names the processes, the new one after a restart', async () => {
    const file = runFile(dataDir)
    const read = async () => JSON.parse(await readFile(join(dataDir, 'dev.json'), 'utf8'))
    file.setPid('temporal', 11)
    file.setPid('herald', 12)
    await file.publish(facts)
    expect(await read()).toMatchObject({ ...facts, pids: { temporal: 11, herald: [12] } })
    file.setPid('herald', 13)
    await file.publish(facts)
    expect(await read()).toMatchObject({ pids: { temporal: 11, herald: [13] } })
    await file.remove()
    expect(await readdir(dataDir)).toEqual([])
  })
})

describe('the lock of the data folder', () => {
  it('keeps a second start out and tells where the first one is', async () => {
    const lock = await takeRunLock(dataDir)
    await runFile(dataDir).publish(facts)
    await expect(takeRunLock(dataDir)).rejects.toThrow(facts.api)
    await lock.release()
    await (await takeRunLock(dataDir)).release()
  })

  it('of a killed start is taken over, and what it left running is ended', async () => {
    const env = { ...process.env, [OWNER_KEY]: dataDir }
    const orphan = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
      env,
      detached: true,
      stdio: 'ignore',
    })
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
      detached: true,
      stdio: 'ignore',
    })
    const ended = once(orphan, 'exit')
    const children = { temporal: orphan.pid, mongo: other.pid }
    const stale = { pid: process.pid, mark: 'an earlier process of this number', children }
    await writeFile(join(dataDir, 'dev.lock'), JSON.stringify(stale))
    const lock = await takeRunLock(dataDir)
    await ended
    expect(await startMark(other.pid ?? 0)).toBeDefined()
    other.kill('SIGKILL')
    await lock.release()
  })
})
