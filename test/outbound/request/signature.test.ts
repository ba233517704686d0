import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import type { Signature } from '../../../src/delivery/types.ts'
import {
  checkSecret,
  newSecret,
  signatureHeaders,
} from '../../../src/outbound/request/signature.ts'

// The vector of the Standard Webhooks libraries and node:crypto (security design, section 3).
const secret = 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='
const id = 'msg_2KWPBgLlAfxdpx2AI54pPJ85f4W'
const timestampSeconds = 1_674_087_231
const text = '{"type":"example.event","data":{"n":12345678901234567890,"s":"\u00e9\u{1f600}"}}'
const body = Buffer.from(text)
const message = { id, timestampSeconds, body }
const hmac: Signature = { scheme: 'hmac-sha256', header: 'X-Signature', encoding: 'hex' }
const timestamped: Signature = { scheme: 'timestamped', header: 'X-Time-Signature' }

/** HMAC-SHA256 in hex by two programs that share no code with node:crypto's callers here. */
function oracles(key: Buffer, signed: Buffer): string[] {
  const script =
    'import hmac,sys;print(hmac.new(bytes.fromhex(sys.argv[1]),sys.stdin.buffer.read(),"sha256").hexdigest())'
  const python = execFileSync('python3', ['-c', script, key.toString('hex')], { input: signed })
  const args = ['dgst', '-sha256', '-mac', 'HMAC', '-macopt', `hexkey:${key.toString('hex')}`]
  const openssl = execFileSync('openssl', args, { input: signed })
  return [python.toString().trim(), openssl.toString().trim().split(' ').at(-1) ?? '']
}

describe('standard-webhooks', () => {
  it('signs the vector of the specification', () => {
    expect(body).toHaveLength(71)
    expect(signatureHeaders({ scheme: 'standard-webhooks' }, [secret], message)).toEqual({
      'webhook-id': id,
      'webhook-timestamp': '1674087231',
      'webhook-signature': 'v1,RZoJ57YlWgpY7jKtxMiVwQz+lLJl/hbNq6wMeMIzCk8=',
    })
  })

  it('in a rotation is verified by the old and by the new secret, and by no other', () => {
    const [newest, old, stranger] = [1, 2, 3].map(() =>
      newSecret({ scheme: 'standard-webhooks' }),
    ) as [string, string, string]
    const now = { id, timestampSeconds: Math.floor(Date.now() / 1_000), body }
    const headers = signatureHeaders({ scheme: 'standard-webhooks' }, [newest, old], now)
    expect(headers['webhook-signature']?.split(' ')).toHaveLength(2)
    for (const one of [newest, old])
      expect(() => new Webhook(one).verify(text, headers)).not.toThrow()
    expect(() => new Webhook(stranger).verify(text, headers)).toThrow()
  })

  it('agrees with the reference library on any id, time, body and key', () => {
    const property = fc.property(
      fc.uint8Array({ minLength: 24, maxLength: 64 }),
      fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
      fc.integer({ min: 1, max: 4_000_000_000 }),
      fc.string({ unit: 'grapheme' }),
      (key, eventId, seconds, payload) => {
        const made = `whsec_${Buffer.from(key).toString('base64')}`
        const headers = signatureHeaders({ scheme: 'standard-webhooks' }, [made], {
          id: eventId,
          timestampSeconds: seconds,
          body: Buffer.from(payload),
        })
        const wanted = new Webhook(made).sign(eventId, new Date(seconds * 1_000), payload)
        expect(headers['webhook-signature']).toBe(wanted)
      },
    )
    fc.assert(property)
  })

  it('signs bytes that are not UTF-8 as they are', () => {
    const bytes = Buffer.from([0xff, 0x00, 0xfe])
    const headers = signatureHeaders({ scheme: 'standard-webhooks' }, [secret], {
      ...message,
      body: bytes,
    })
    const key = Buffer.from(secret.slice(6), 'base64')
    const signed = Buffer.concat([Buffer.from(`${id}.${timestampSeconds}.`), bytes])
    for (const hex of oracles(key, signed))
      expect(headers['webhook-signature']).toBe(`v1,${Buffer.from(hex, 'hex').toString('base64')}`)
  })
})

describe('hmac-sha256', () => {
  it('signs the body alone with the text of the secret, and sends no other header', () => {
    const [python, openssl] = oracles(Buffer.from('whsec_test'), body)
    expect(openssl).toBe(python)
    expect(signatureHeaders(hmac, ['whsec_test'], message)).toEqual({ 'X-Signature': python })
  })

  it('may be base64, and may have a prefix', () => {
    const [hex] = oracles(Buffer.from('secret-of-merchant'), body) as [string]
    const base64 = Buffer.from(hex, 'hex').toString('base64')
    const signed = (signature: Signature) =>
      signatureHeaders(signature, ['secret-of-merchant'], message)
    expect(signed({ ...hmac, encoding: 'base64' })).toEqual({ 'X-Signature': base64 })
    expect(signed({ ...hmac, prefix: 'sha256=' })).toEqual({ 'X-Signature': `sha256=${hex}` })
  })

  it('has room for one signature and uses the newest secret', () => {
    expect(signatureHeaders(hmac, ['newest-secret', 'older-secret'], message)).toEqual(
      signatureHeaders(hmac, ['newest-secret'], message),
    )
  })
})

describe('timestamped', () => {
  it('signs the vector of the design', () => {
    const digest = 'd691bb8e29d5fb13423a442160c9c74b168423e55dc7d75af8002dd49b9b5452'
    expect(signatureHeaders(timestamped, ['whsec_test'], message)).toEqual({
      'X-Time-Signature': `t=1674087231,v1=${digest}`,
    })
    const signed = Buffer.concat([Buffer.from('1674087231.'), body])
    expect(oracles(Buffer.from('whsec_test'), signed)).toEqual([digest, digest])
  })

  it('in a rotation carries a signature of each secret', () => {
    const both = signatureHeaders(timestamped, ['newest-secret', 'older-secret'], message)
    expect(both['X-Time-Signature']).toMatch(/^t=1674087231,v1=[0-9a-f]{64},v1=[0-9a-f]{64}$/)
  })
})

describe('secrets', () => {
  const schemes: Signature[] = [{ scheme: 'standard-webhooks' }, hmac, timestamped]

  it.each(schemes)('one that herald makes is usable and never the same: $scheme', (signature) => {
    const [one, other] = [newSecret(signature), newSecret(signature)]
    expect(one).not.toBe(other)
    expect(checkSecret(signature, one)).toBeUndefined()
  })

  it('of Standard Webhooks is whsec_ and base64 of 32 bytes', () => {
    expect(newSecret({ scheme: 'standard-webhooks' })).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  })

  it.each([
    'whsec_AA==',
    'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=',
    'whsec_',
    `${secret} `,
    `whsec_${'A'.repeat(88)}`,
  ])('%j is not usable for Standard Webhooks', (given) =>
    expect(checkSecret({ scheme: 'standard-webhooks' }, given)).toContain('24 to 64'),
  )

  it.each(['short', 'x'.repeat(257), 'line\nbreak-long', 'caf\u00e9-caf\u00e9'])(
    '%j is not usable for HMAC',
    (given) => {
      expect(checkSecret(hmac, given)).toContain('8 to 256')
    },
  )

  it('none needs no secret, the others cannot sign without one', () => {
    expect(signatureHeaders({ scheme: 'none' }, [], message)).toEqual({})
    for (const signature of schemes)
      expect(() => signatureHeaders(signature, [], message)).toThrow('no live secret')
  })
})
