import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { envExample, generatedFiles, readmeWithTable } from '../../scripts/docs.ts'
import { configSchema, loadConfig } from '../../src/config.ts'

const root = new URL('../../', import.meta.url)
const keys = Object.keys(configSchema.shape)

/** Name and value of each line `KEY=value` that is not commented out. */
function liveKeys(env: string): Record<string, string> {
  return Object.fromEntries(
    env
      .split('\n')
      .filter((line) => /^[A-Z]/.test(line))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
}

describe('the generated documentation', () => {
  it.each([
    '.env.example',
    'README.md',
    'docs/roles.md',
    'docs/operate.md',
    'docs/reference/index.html',
    'docs/reference/errors.html',
  ])('%s is what `npm run docs` writes', async (path) => {
    const generated = await generatedFiles()
    expect(await readFile(new URL(path, root), 'utf8')).toBe(generated.get(path))
  })

  it('names every key of the schema in .env.example and in the README', async () => {
    const readme = await readFile(new URL('README.md', root), 'utf8')
    for (const key of keys) {
      expect(envExample()).toMatch(new RegExp(`^(# )?${key}=`, 'm'))
      expect(readme).toContain(`| \`${key}\``)
    }
  })

  it('is a working configuration with the defaults of the schema', () => {
    expect(loadConfig(liveKeys(envExample()))).toEqual(loadConfig({}))
  })

  it('comments the secrets out', () => {
    const live = Object.keys(liveKeys(envExample()))
    expect(live.filter((key) => /_(KEY|SECRET|TOKEN|PASSWORD)$/.test(key))).toEqual([])
    expect(envExample()).toContain('\n# ADMIN_API_KEY=\n')
  })

  it('refuses a README without the markers of the table', async () => {
    await expect(readmeWithTable('# herald')).rejects.toThrow('no environment markers')
  })
})
