import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { toldOf } from '../../dev/herald-alarms.ts'

const told = (entry: object) => toldOf(JSON.stringify(entry))

/** The keys of every warning and error in src. */
async function alarmKeys(): Promise<string[]> {
  const keys = new Set(['mongodb.awaited', 'temporal.awaited'])
  for (const path of await readdir('src', { recursive: true })) {
    if (!path.endsWith('.ts')) continue
    const text = await readFile(join('src', path), 'utf8')
    for (const [, key = ''] of text.matchAll(
      /\.(?:warn|error|fatal)\((?:(?!logger\.)[^])*?\}, '([a-z_.]+)',?\n?\s*\)/g,
    ))
      keys.add(key)
  }
  return [...keys]
}

describe('the screen of npm start', () => {
  it('shows a sentence for every warning and error of herald, never a key of its log', async () => {
    const keys = await alarmKeys()
    expect(keys.length).toBeGreaterThan(12)
    for (const msg of keys) {
      const text = told({ level: 40, msg, networks: [], hosts: [] })?.text
      expect(text, msg).toMatch(/^[A-Za-z].* .*\.$/)
      expect(text, msg).not.toContain(msg)
    }
  })

  it('says why, and tells nothing of other lines', () => {
    const failed = { level: 50, msg: 'setup.failed', err: { message: 'no server' } }
    expect(told(failed)?.text).toBe('The set-up failed; it is tried again. (no server)')
    const awaited = { level: 40, msg: 'mongodb.awaited', reason: 'connect ECONNREFUSED' }
    expect(told(awaited)?.text).toBe('herald waits for MongoDB. (connect ECONNREFUSED)')
    expect(told({ level: 30, msg: 'herald.ready' })).toBeUndefined()
    expect(toldOf('not JSON')).toBeUndefined()
  })

  it('names the webhook that it is about', () => {
    const disabled = { level: 40, msg: 'herald.webhook.disabled', name: 'CRM', reason: '410 Gone.' }
    expect(told(disabled)?.text).toBe('herald has disabled the webhook “CRM”. (410 Gone.)')
    const recovered = { level: 40, msg: 'herald.webhook.recovered', name: 'CRM' }
    expect(told(recovered)?.text).toBe('The webhook “CRM” that failed works again.')
  })

  it('notes what is allowed for development without a warning', () => {
    const allowed = {
      msg: 'outbound.private_networks_allowed',
      networks: ['127.0.0.0/8'],
      hosts: [],
    }
    expect(told({ level: 40, ...allowed })).toEqual({
      kind: 'note',
      text: 'For development, webhooks may go to 127.0.0.0/8.',
    })
  })
})
