import { describe, expect, it } from 'vitest'
import { loadConfig } from '../src/config.ts'

const said = (env: Record<string, string>) => {
  try {
    loadConfig(env)
  } catch (error) {
    return String(error)
  }
  return 'nothing'
}

describe('a configuration that is wrong', () => {
  it.each([
    [{ PORT: 'abc' }, 'PORT: must be a whole number from 0 to 65535, not “abc”'],
    [{ PORT: '80.5' }, 'PORT: must be a whole number from 0 to 65535, not “80.5”'],
    [{ GROUP_MAX: '501' }, 'GROUP_MAX: must be a whole number from 1 to 500, not “501”'],
    [{ ALLOW_HTTP: 'yes' }, 'ALLOW_HTTP: must be true or false, not “yes”'],
    [{ LOG_LEVEL: 'loud' }, 'must be trace, debug, info, warn, error or silent, not “loud”'],
    [{ PUBLIC_URL: 'herald' }, 'PUBLIC_URL: must be a URL such as https://herald.example.com'],
    [{ MONGODB_URI: 'localhost' }, 'MONGODB_URI: must begin with mongodb:// or mongodb+srv://'],
  ] as const)('%j says what to write', (env, words) => {
    expect(said(env)).toContain(words)
  })

  it('names every key at once, and quotes no secret', () => {
    const all = said({ PORT: 'x', ADMIN_API_KEY: 'canary-key', MASTER_KEYS: 'canary-master' })
    for (const key of ['PORT', 'ADMIN_API_KEY', 'MASTER_KEYS']) expect(all).toContain(`  ${key}: `)
    expect(all).not.toContain('canary')
  })
})

it('a key that is set to nothing has its default', () => {
  expect(loadConfig({ PORT: '', ADMIN_API_KEY: '', PUBLIC_URL: '' })).toEqual(loadConfig({}))
})
