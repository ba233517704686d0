import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { configSummary, loadConfig } from '../../src/config.ts'
import { newMasterKey } from '../../src/ids.ts'
import { KeyRing, VaultError } from '../../src/vault/key-ring.ts'
import { TextVault } from '../../src/vault/sealed-text.ts'
import { keysOfWebhook, openWebhook, sealWebhook } from '../../src/vault/webhook-vault.ts'

const keyOf = (id: string) => ({ id, key: new Uint8Array(randomBytes(32)) })
const [a, b, c] = [keyOf('a'), keyOf('b'), keyOf('c')]
const plain = Buffer.from('a secret')

describe('the key ring', () => {
  it('opens what it sealed, under the same context only', () => {
    const ring = new KeyRing([a])
    const sealed = ring.seal(plain, 'webhooks/wh_1/secrets')
    expect(ring.open(sealed, 'webhooks/wh_1/secrets')).toEqual(plain)
    expect(() => ring.open(sealed, 'webhooks/wh_2/secrets')).toThrow(VaultError)
  })

  it('refuses what was changed in any byte, or cut off', () => {
    const ring = new KeyRing([a])
    const { keyId, box } = ring.seal(plain, 'here')
    fc.assert(
      fc.property(fc.nat(box.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = Uint8Array.from(box)
        changed[at] = (changed[at] ?? 0) ^ mask
        expect(() => ring.open({ keyId, box: changed }, 'here')).toThrow(VaultError)
      }),
    )
    for (const length of [0, 43, box.length - 1])
      expect(() => ring.open({ keyId, box: box.subarray(0, length) }, 'here')).toThrow(VaultError)
  })

  it('names a key that it does not have, and takes no key for another', () => {
    const sealed = new KeyRing([a]).seal(plain, 'here')
    expect(() => new KeyRing([b]).open(sealed, 'here')).toThrow('no key “a”')
    const renamed = new KeyRing([{ id: 'b', key: a.key }])
    expect(() => renamed.open({ ...sealed, keyId: 'b' }, 'here')).toThrow(VaultError)
  })

  it('never seals the same text twice alike', () => {
    const ring = new KeyRing([a])
    const boxes = Array.from({ length: 1_000 }, () =>
      Buffer.from(ring.seal(plain, 'here').box).toString('hex'),
    )
    expect(new Set(boxes).size).toBe(1_000)
  })

  it('keeps every webhook through any rotations, and needs the first key only afterwards', () => {
    const target = fc.oneof(
      fc.record({
        type: fc.constant('slack' as const),
        url: fc.string(),
        timeout: fc.constant('1s'),
      }),
      fc.record({
        type: fc.constant('http' as const),
        url: fc.webUrl(),
        timeout: fc.constant('1s'),
        headers: fc.dictionary(
          fc.string().filter((name) => name !== '__proto__'),
          fc.string(),
        ),
        apiKey: fc.record({ header: fc.string(), value: fc.string() }),
      }),
    )
    const secrets = fc.array(fc.record({ value: fc.string(), createdAt: fc.date() }))
    const rings = fc.array(fc.shuffledSubarray([a, b, c], { minLength: 3 }), { minLength: 1 })
    fc.assert(
      fc.property(target, secrets, rings, (oneTarget, someSecrets, turns) => {
        const webhook = { target: oneTarget, secrets: someSecrets }
        let stored: Parameters<typeof openWebhook>[2] = webhook
        for (const turn of turns)
          stored = sealWebhook(new TextVault(new KeyRing(turn)), 'wh_1', stored)
        const last = turns.at(-1)?.[0] ?? a
        expect(openWebhook(new TextVault(new KeyRing([last])), 'wh_1', stored)).toEqual({
          opened: webhook,
        })
        expect([...keysOfWebhook(stored)].filter((id) => id !== last.id)).toEqual([])
      }),
      { numRuns: 50 },
    )
  })

  it('stores in plain without keys, and reads plain with keys', () => {
    const secrets = [{ value: 'whsec_1', createdAt: new Date(0) }]
    expect(sealWebhook(new TextVault(new KeyRing([])), 'wh_1', { secrets })).toEqual({ secrets })
    expect(openWebhook(new TextVault(new KeyRing([a])), 'wh_1', { secrets })).toEqual({
      opened: { secrets },
    })
  })
})

describe('MASTER_KEYS', () => {
  it('takes several generated keys; the first encrypts', () => {
    const text = `${newMasterKey()}, ${newMasterKey()}`
    const { MASTER_KEYS } = loadConfig({ MASTER_KEYS: text })
    expect(MASTER_KEYS.map(({ key }) => key.length)).toEqual([32, 32])
    expect(new KeyRing(MASTER_KEYS).current).toBe(text.split(':')[0])
  })

  it('says which entry is wrong without repeating it', () => {
    const short = Buffer.alloc(31, 7).toString('base64')
    const load = () => loadConfig({ MASTER_KEYS: `${newMasterKey()},old:${short}` })
    expect(load).toThrow('MASTER_KEYS: entry 2 must be <id>:<base64 of 32 bytes>')
    expect(load).not.toThrow(short)
    const twice = newMasterKey()
    expect(() => loadConfig({ MASTER_KEYS: `${twice},${twice}` })).toThrow('the same id')
  })

  it('is summed up by ids', () => {
    const key = newMasterKey()
    const [id, value = ''] = key.split(':')
    const summary = configSummary(loadConfig({ MASTER_KEYS: key }))
    expect(summary['MASTER_KEYS']).toEqual([id])
    expect(JSON.stringify(summary)).not.toContain(value)
  })
})
