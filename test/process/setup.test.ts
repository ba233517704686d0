import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import { newApiKey, sha256 } from '../../src/ids.ts'
import { createLogger } from '../../src/logger.ts'
import { closeRuntime, type HeraldRuntime, openRuntime } from '../../src/process/runtime.ts'
import { setUp } from '../../src/process/setup.ts'
import { testDatabaseUri } from '../support/servers/servers.ts'

const LINE = /^herald: there is no admin key\. .* -d '\{"token":"(hf_[\w-]{43})"\}'$/
let settings: Record<string, string>
let runtime: HeraldRuntime

beforeEach(async () => {
  settings = {
    MONGODB_URI: testDatabaseUri(`setup_${randomBytes(4).toString('hex')}`),
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    PUBLIC_URL: 'https://herald.example.com/',
  }
  runtime = await openRuntime(loadConfig(settings), createLogger('silent'))
  await runtime.mongoReady
})
afterEach(async () => {
  await runtime.models.connection.dropDatabase()
  await closeRuntime(runtime)
})

/** What a set-up with these settings shows to whoever starts herald. */
async function shownBy(more: Record<string, string> = {}): Promise<string[]> {
  const lines: string[] = []
  const config = loadConfig({ ...settings, ...more })
  await setUp({ ...runtime, config }, (line) => void lines.push(line))
  return lines
}

const stored = () => runtime.models.firstRunTokens.find().lean().exec()
const tokenOf = (line: string | undefined) => LINE.exec(line ?? '')?.[1] ?? ''

describe('a set-up', () => {
  it('that finds no admin key shows a token, of which only the hash is stored, for an hour', async () => {
    const [line, ...others] = await shownBy()
    expect(line).toContain('https://herald.example.com/session')
    expect(others).toEqual([])
    const [one, ...more] = await stored()
    expect([one?.hash, more]).toEqual([sha256(tokenOf(line)), []])
    expect((one?.expiresAt.getTime() ?? 0) - (one?.createdAt.getTime() ?? 0)).toBe(3_600_000)
  })

  it('that is repeated shows a new token in place of the last', async () => {
    const [first] = await shownBy()
    const [second] = await shownBy()
    expect(tokenOf(second)).not.toBe(tokenOf(first))
    expect((await stored()).map(({ hash }) => hash)).toEqual([sha256(tokenOf(second))])
  })

  it('that is given or finds an admin key shows none, and voids the last', async () => {
    const { apiKeys } = runtime.models
    await shownBy()
    expect(await shownBy({ ADMIN_API_KEY: newApiKey().value })).toEqual([])
    expect(await stored()).toEqual([])
    expect(await shownBy()).toEqual([])
    await apiKeys.updateMany({}, { $set: { role: 'operator' } })
    expect(await shownBy()).toHaveLength(1)
    await apiKeys.updateMany({}, { $set: { role: 'admin', expiresAt: new Date() } })
    expect(await shownBy()).toHaveLength(1)
    await apiKeys.updateMany({}, { $set: { expiresAt: new Date(Date.now() + 60_000) } })
    expect(await shownBy()).toEqual([])
    await apiKeys.updateMany({}, { $set: { revokedAt: new Date() } })
    expect(await shownBy()).toHaveLength(1)
  })

  it('shows the token once, on stderr, and not in the log', async () => {
    const env = { ...process.env, ...settings, LOG_LEVEL: 'debug' }
    const args = ['--import', 'tsx', 'src/cli.ts', 'setup']
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env })
    const shown = stderr.split('\n').filter((line) => LINE.test(line))
    expect(shown).toHaveLength(1)
    const token = tokenOf(shown[0])
    expect(stderr.split(token)).toHaveLength(2)
    expect(stdout).toContain('first_run_token.made')
    expect(stdout).not.toContain(token)
  })
})
