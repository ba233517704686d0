import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

it('a first start that does not reach the registry says that it is the network', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'herald-no-network-'))
  try {
    await mkdir(join(folder, 'console'))
    const files = ['scripts', 'package.json', 'package-lock.json', '.npmrc', 'console/package.json']
    for (const path of files) await cp(path, join(folder, path), { recursive: true })
    const env = {
      ...process.env,
      HERALD_CACHE: join(folder, 'cache'),
      npm_config_cache: join(folder, 'npm'),
      npm_config_registry: 'http://127.0.0.1:9/',
      npm_config_replace_registry_host: 'always',
      npm_config_fetch_retries: '0',
    }
    const start = promisify(execFile)(process.execPath, ['scripts/setup.mjs'], { cwd: folder, env })
    await expect(start).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/set-up: npm ci failed.*network.*\(ECONNREFUSED\)/),
    })
  } finally {
    await rm(folder, { recursive: true })
  }
})
