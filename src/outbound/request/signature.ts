import { createHmac, randomBytes } from 'node:crypto'
import type { Signature } from '../../delivery/types.ts'
import { isPrivateKey, newPrivateKey, signEd25519 } from './ed25519.ts'

export type SignedMessage = { id: string; timestampSeconds: number; body: Uint8Array }

const STANDARD_PREFIX = 'whsec_'
const MADE_SECRET_BYTES = 32
const STANDARD_SECRET_BYTES = { least: 24, most: 64 }
const TEXT_SECRET = /^[\u0020-\u007e]{8,256}$/

/**
 * The headers that prove who sent the body; `secrets` newest first. Standard Webhooks 1.0.0 and `timestamped` carry a
 * signature of each secret, `hmac-sha256` has room for one and uses the newest. Throws if the scheme has no secret to sign with.
 */
export function signatureHeaders(
  signature: Signature,
  secrets: readonly string[],
  message: SignedMessage,
): Record<string, string> {
  const [newest] = secrets
  if (signature.scheme === 'none') return {}
  if (newest === undefined) throw new Error(`no live secret for the scheme ${signature.scheme}`)
  switch (signature.scheme) {
    case 'standard-webhooks':
      return standardHeaders(secrets, message, signature.asymmetric === true)
    case 'hmac-sha256': {
      const digest = hmac(newest, '', message.body).toString(signature.encoding)
      return { [signature.header]: `${signature.prefix ?? ''}${digest}` }
    }
    case 'timestamped': {
      const seconds = message.timestampSeconds
      const digests = secrets.map((secret) => hmac(secret, `${seconds}.`, message.body))
      const signed = digests.map((digest) => `v1=${digest.toString('hex')}`)
      return { [signature.header]: [`t=${seconds}`, ...signed].join(',') }
    }
  }
}

/** A new random secret of 32 bytes in the form of the scheme: `whsec_` (or `whsk_`) and base64, else 64 hex digits. */
export function newSecret(signature: Signature): string {
  if (isAsymmetric(signature)) return newPrivateKey()
  const bytes = randomBytes(MADE_SECRET_BYTES)
  return signature.scheme === 'standard-webhooks'
    ? `${STANDARD_PREFIX}${bytes.toString('base64')}`
    : bytes.toString('hex')
}

/** Why an admin's own secret cannot sign under this scheme; undefined if it can. */
export function checkSecret(signature: Signature, secret: string): string | undefined {
  switch (signature.scheme) {
    case 'none':
      return 'the scheme none takes no secret'
    case 'standard-webhooks':
      if (isAsymmetric(signature))
        return isPrivateKey(secret)
          ? undefined
          : 'must be whsk_ and the base64 of an Ed25519 seed of 32 bytes'
      return isStandardSecret(secret)
        ? undefined
        : 'must be whsec_ and the base64 of 24 to 64 random bytes'
    case 'hmac-sha256':
    case 'timestamped':
      return TEXT_SECRET.test(secret) ? undefined : 'must be 8 to 256 printable ASCII characters'
  }
}

/** Whether the receivers of this scheme verify with a public key. */
function isAsymmetric(signature: Signature): boolean {
  return signature.scheme === 'standard-webhooks' && signature.asymmetric === true
}

function standardHeaders(
  secrets: readonly string[],
  { id, timestampSeconds, body }: SignedMessage,
  isEd25519: boolean,
): Record<string, string> {
  const prefix = `${id}.${timestampSeconds}.`
  const signed = secrets.map((secret) =>
    isEd25519
      ? `v1a,${signEd25519(secret, Buffer.concat([Buffer.from(prefix), body])).toString('base64')}`
      : `v1,${hmac(standardKey(secret), prefix, body).toString('base64')}`,
  )
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': signed.join(' '),
  }
}

function hmac(key: string | Uint8Array, prefix: string, body: Uint8Array): Buffer {
  return createHmac('sha256', key).update(prefix).update(body).digest()
}

function standardKey(secret: string): Buffer {
  return Buffer.from(secret.slice(STANDARD_PREFIX.length), 'base64')
}

function isStandardSecret(secret: string): boolean {
  const key = standardKey(secret)
  const { least, most } = STANDARD_SECRET_BYTES
  const exact = secret === `${STANDARD_PREFIX}${key.toString('base64')}`
  return exact && key.length >= least && key.length <= most
}
