import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Signature } from '../../src/delivery/types.ts'
import { isVerified } from '../../dev/demo/verify-signature.ts'
import { newSecret, signatureHeaders } from '../../src/outbound/request/signature.ts'
import { fuzz, mangled } from '../support/strangers/fuzz.ts'

type Headers = Record<string, string>
type Verify = (
  headers: Headers,
  body: Uint8Array,
  options: { secret: string; header: string; now: number },
) => boolean
type Verifiers = { standardWebhooks: Verify; hmacSha256: Verify; timestamped: Verify }

/** The functions that docs/verify/node offers to copy, without its last lines, which read a command line. */
const program = readFileSync(
  new URL('../../docs/verify/node/verify.mjs', import.meta.url),
  'utf8',
).split('\nconst schemes =')[0]
const copied = `${program}\nexport { standardWebhooks, hmacSha256, timestamped }`
const documented = (await import(`data:text/javascript,${encodeURIComponent(copied)}`)) as Verifiers

const NOW = 1_674_087_231
const HEADER = 'x-signature'
const SCHEMES: [Signature, Verify[]][] = [
  [
    { scheme: 'standard-webhooks' },
    [
      documented.standardWebhooks,
      (headers, body, { secret, now }) =>
        isVerified(headers, Buffer.from(body), { secret, nowMs: now * 1_000 }),
    ],
  ],
  [{ scheme: 'hmac-sha256', header: HEADER, encoding: 'hex' }, [documented.hmacSha256]],
  [{ scheme: 'timestamped', header: HEADER }, [documented.timestamped]],
]
const secrets = { 'standard-webhooks': 2, 'hmac-sha256': 1, timestamped: 2, none: 0 }
const body = fc.uint8Array({ maxLength: 200 })
const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,128}$/)
const ages = fc.integer({ min: -300, max: 300 })

describe.each(SCHEMES)('the verifiers of $scheme, fuzzed', (signature, verifiers) => {
  const { scheme } = signature
  const live = Array.from({ length: secrets[scheme] }, () => newSecret(signature))
  const signed = (bytes: Uint8Array, eventId: string, timestampSeconds: number): Headers =>
    signatureHeaders(signature, live, { id: eventId, timestampSeconds, body: bytes })
  const verified = (headers: Headers, bytes: Uint8Array, secret: string) => {
    const results = verifiers.map((verify) =>
      verify(headers, bytes, { secret, header: HEADER, now: NOW }),
    )
    expect(new Set(results).size, JSON.stringify(headers)).toBe(1)
    return results[0]
  }

  it('take what herald signs with any live secret, for five minutes', () =>
    fuzz(
      `${scheme} round trip`,
      fc.property(body, id, ages, (bytes, eventId, age) => {
        const headers = signed(bytes, eventId, NOW + age)
        for (const secret of live) expect(verified(headers, bytes, secret)).toBe(true)
        expect(verified(headers, bytes, newSecret(signature))).toBe(false)
      }),
      { share: 1 / 3 },
    ))

  it('take no body of which one byte was changed, and no header that was mangled', () =>
    fuzz(
      `${scheme} changed`,
      fc.property(body, id, fc.nat(), fc.integer({ min: 1, max: 255 }), (...drawn) => {
        const [bytes, eventId, at, flip] = drawn
        const headers = signed(bytes, eventId, NOW)
        const changed = Buffer.from(bytes.length === 0 ? [0] : bytes)
        const index = at % changed.length
        changed[index] = (changed[index] ?? 0) ^ flip
        expect(verified(headers, changed, live[0] ?? '')).toBe(false)
        const names = Object.keys(headers)
        const name = names[at % names.length] ?? ''
        const cut = { ...headers, [name]: headers[name]?.slice(0, 5) ?? '' }
        if (cut[name] !== headers[name]) expect(verified(cut, bytes, live[0] ?? '')).toBe(false)
      }),
      { share: 1 / 3 },
    ))

  it('read any header without throwing, and trust none that carries no signature of ours', () => {
    const bytes = Buffer.from('{}')
    const honest = signed(bytes, 'evt_1', NOW)
    const [name = ''] = Object.keys(honest).slice(-1)
    const wanted = (honest[name] ?? '').split(/[ ,]/).filter((part) => part.length > 20)
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      mangled(fc.constant(honest[name] ?? '')),
      fc
        .array(fc.constantFrom('t=', `t=${NOW}`, 'v1=', 'v1,', ' ', ',', 'AAAA'), { maxLength: 6 })
        .map((parts) => parts.join('')),
    )
    return fuzz(
      `${scheme} header text`,
      fc.property(value, (text) => {
        const trusted = verified({ ...honest, [name]: text }, bytes, live[0] ?? '')
        if (trusted) expect(wanted.some((part) => text.includes(part))).toBe(true)
      }),
      { share: 1 / 3 },
    )
  })
})
