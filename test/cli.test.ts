import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const herald = (...args: string[]) =>
  promisify(execFile)(process.execPath, ['--import', 'tsx', 'src/cli.ts', ...args])

describe('herald', () => {
  it('says its version, and what each role does', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string }
    expect((await herald('--version')).stdout.trim()).toBe(version)
    const { stdout } = await herald('serve', '--help')
    for (const role of ['api: ', 'worker: ', 'all: ']) expect(stdout).toContain(role)
  })

  it.each([
    ['api-key generate', /^hk_[A-Za-z0-9]{12}_[\w-]{43}\n$/],
    ['key generate', /^hk_[A-Za-z0-9]{12}_[\w-]{43}\n$/],
    ['master-key generate', /^[\w-]+:[A-Za-z0-9+/]{43}=\n$/],
    ['keys generate-master', /^[\w-]+:[A-Za-z0-9+/]{43}=\n$/],
  ])('%s prints one', async (command, form) => {
    expect((await herald(...command.split(' '))).stdout).toMatch(form)
  })

  it('shows the commands as they are called now', async () => {
    const { stdout } = await herald('--help')
    const shown = [...stdout.matchAll(/^ {2}([a-z][a-z-]+)/gm)].map(([, name]) => name)
    expect(shown).toEqual(['serve', 'setup', 'api-key', 'master-key', 'help'])
  })

  it('asks what was meant where a command is misspelled', async () => {
    await expect(herald('serv')).rejects.toMatchObject({ stderr: expect.stringMatching('serve') })
  })
})
