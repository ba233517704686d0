import { randomBytes } from 'node:crypto'
import { defaultPayloadConverter } from '@temporalio/common'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KeyRing } from '../../src/vault/key-ring.ts'
import { EncryptionCodec } from '../../src/vault/payload-codec.ts'

const keyOf = (id: string) => ({ id, key: new Uint8Array(randomBytes(32)) })
const [a, b] = [keyOf('a'), keyOf('b')]
const codecOf = (keys: { id: string; key: Uint8Array }[], namespace = 'default', encrypts = true) =>
  new EncryptionCodec({ ring: new KeyRing(keys), namespace, encrypts })
const payload = defaultPayloadConverter.toPayload({ data: 'canary' })

/** JSON has no -0. */
const asJsonKeepsIt = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe('the payload codec', () => {
  it('gives back what was encoded, of every converter and whatever key came first', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.jsonValue().map(asJsonKeepsIt), fc.uint8Array()),
        async (value) => {
          const one = defaultPayloadConverter.toPayload(value)
          const encoded = await codecOf([a, b]).encode([one])
          const [decoded] = await codecOf([b, a]).decode(encoded)
          expect(defaultPayloadConverter.fromPayload(decoded ?? {})).toEqual(value)
        },
      ),
      { numRuns: 50 },
    )
  })

  it('shows the key id and nothing of the content', async () => {
    const [encoded] = await codecOf([a]).encode([payload])
    expect(Buffer.from(encoded?.data ?? '').includes('canary')).toBe(false)
    expect(Buffer.from(encoded?.metadata?.['encoding'] ?? '').toString()).toBe('binary/encrypted')
    expect(Buffer.from(encoded?.metadata?.['encryption-key-id'] ?? '').toString()).toBe('a')
  })

  it('refuses another namespace and an unknown key', async () => {
    const encoded = await codecOf([a]).encode([payload])
    await expect(codecOf([a], 'other').decode(encoded)).rejects.toThrow('temporal/other')
    await expect(codecOf([b]).decode(encoded)).rejects.toThrow('no key “a”')
  })

  it('passes plain payloads through, and encrypts none where it is turned off', async () => {
    expect(await codecOf([a]).decode([payload])).toEqual([payload])
    expect(await codecOf([a], 'default', false).encode([payload])).toEqual([payload])
    expect(await codecOf([], 'default', false).decode([payload])).toEqual([payload])
  })
})
