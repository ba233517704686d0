import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
    const [commands = ''] = stdout.split('Examples:')
    const shown = [...commands.matchAll(/^ {2}([a-z][a-z-]+)/gm)].map(([, name]) => name)
    expect(shown).toEqual(['serve', 'setup', 'api-key', 'master-key', 'help'])
  })

  it('shows examples in the help of every command', async () => {
    const commands = ['serve', 'setup', 'api-key generate', 'master-key', 'master-key rotate']
    const check = async (command: string) => {
      const { stdout } = await herald(...command.split(' ').filter(Boolean), '--help')
      expect(stdout).toMatch(new RegExp(`^Examples:\\n {2}herald ${command}`, 'm'))
    }
    await Promise.all(['', ...commands].map(check))
  })

  it('ends with 2 where it is called wrongly, and asks what was meant', async () => {
    const check = ([args, meant]: [string, string]) =>
      expect(herald(...args.split(' '))).rejects.toMatchObject({
        code: 2,
        stderr: expect.stringContaining(meant),
      })
    await Promise.all(
      [
        ['serv all', 'Did you mean serve?'],
        ['serve al', 'Allowed choices are all, api, worker'],
        ['--versoin', 'Did you mean --version?'],
        ['setup --hepl', 'Did you mean --help?'],
      ].map((one) => check(one as [string, string])),
    )
  })

  it('that is not built yet says how to build it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'herald-bin-'))
    await mkdir(join(folder, 'bin'))
    await writeFile(join(folder, 'package.json'), '{"type":"module"}')
    await cp('bin/herald.js', join(folder, 'bin/herald.js'))
    const started = promisify(execFile)(process.execPath, [join(folder, 'bin/herald.js'), 'setup'])
    await expect(started).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching('npm run build'),
    })
    await rm(folder, { recursive: true })
  })
})
