import { createPublicKey, verify } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Signature } from '../../../src/delivery/types.ts'
import { isPrivateKey, newPrivateKey, publicKeyOf } from '../../../src/outbound/request/ed25519.ts'
import {
  checkSecret,
  newSecret,
  signatureHeaders,
} from '../../../src/outbound/request/signature.ts'

// The vector of the security design, section 3: the seed is the bytes 00 to 1f.
const secret = 'whsk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='
const publicKey = 'whpk_A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg='
const id = 'msg_2KWPBgLlAfxdpx2AI54pPJ85f4W'
const timestampSeconds = 1_674_087_231
const body = Buffer.from(
  '{"type":"example.event","data":{"n":12345678901234567890,"s":"\u00e9\u{1f600}"}}',
)
const asymmetric: Signature = { scheme: 'standard-webhooks', asymmetric: true }

/** As a receiver does it, with nothing of ours: RFC 8410's head before the 32 bytes of the key. */
function isSigned(key: string, header: string, signed: Buffer): boolean {
  const raw = Buffer.from(key.replace(/^whpk_/, ''), 'base64')
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw])
  const verifier = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  return header
    .split(' ')
    .filter((one) => one.startsWith('v1a,'))
    .some((one) => verify(null, signed, verifier, Buffer.from(one.slice(4), 'base64')))
}

describe('an asymmetric signature', () => {
  it('is the v1a of the specification for the vector', () => {
    expect(publicKeyOf(secret)).toBe(publicKey)
    expect(signatureHeaders(asymmetric, [secret], { id, timestampSeconds, body })).toEqual({
      'webhook-id': id,
      'webhook-timestamp': String(timestampSeconds),
      'webhook-signature':
        'v1a,CcTAZlJvfwZ1W3iKK8JbpPsY2nRLi/iTSNArt50zMNAWqjqneX9L1nKgggvNvZNJMj+Q6GP/YVfJ5zqu0+hMAA==',
    })
  })

  it('is verified by the public key, for any id, time and body, and for no other', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
        fc.integer({ min: 1, max: 4_000_000_000 }),
        fc.uint8Array({ maxLength: 300 }),
        (event, seconds, bytes) => {
          const made = newPrivateKey()
          const message = { id: event, timestampSeconds: seconds, body: bytes }
          const header = signatureHeaders(asymmetric, [made], message)['webhook-signature'] ?? ''
          const signed = Buffer.concat([Buffer.from(`${event}.${seconds}.`), bytes])
          expect(isSigned(publicKeyOf(made) ?? '', header, signed)).toBe(true)
          expect(isSigned(publicKey, header, signed)).toBe(false)
          expect(isSigned(publicKeyOf(made) ?? '', header, Buffer.from(`x${event}`))).toBe(false)
        },
      ),
    )
  })

  it('in a rotation is verified by the old and by the new public key', () => {
    const [newest, old] = [newSecret(asymmetric), newSecret(asymmetric)]
    const message = { id, timestampSeconds, body }
    const header = signatureHeaders(asymmetric, [newest, old], message)['webhook-signature'] ?? ''
    const signed = Buffer.concat([Buffer.from(`${id}.${timestampSeconds}.`), body])
    for (const one of [newest, old])
      expect(isSigned(publicKeyOf(one) ?? '', header, signed)).toBe(true)
  })

  it('takes whsk_ and the base64 of 32 bytes only', () => {
    expect(checkSecret(asymmetric, secret)).toBeUndefined()
    expect(newSecret(asymmetric)).toMatch(/^whsk_[A-Za-z0-9+/]{43}=$/)
    for (const wrong of ['', 'whsk_', 'whsk_AAEC', secret.replace('whsk', 'whsec'), `${secret} `]) {
      expect(isPrivateKey(wrong)).toBe(false)
      expect(publicKeyOf(wrong)).toBeUndefined()
      expect(checkSecret(asymmetric, wrong)).toContain('whsk_')
    }
    expect(checkSecret({ scheme: 'standard-webhooks' }, secret)).toContain('whsec_')
  })
})
