import { createPrivateKey, createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto'

const PRIVATE_PREFIX = 'whsk_'
const PUBLIC_PREFIX = 'whpk_'
const SEED_BYTES = 32
/** What stands before the seed in a PKCS #8 Ed25519 key (RFC 8410). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')
/** What stands before the point in its public key (RFC 8410). */
const SPKI_HEAD_BYTES = 12

/** A new private key, `whsk_` and the base64 of its seed (Standard Webhooks, asymmetric). */
export function newPrivateKey(): string {
  return `${PRIVATE_PREFIX}${randomBytes(SEED_BYTES).toString('base64')}`
}

/** Whether this is `whsk_` and exactly the base64 of 32 bytes. */
export function isPrivateKey(text: string): boolean {
  const seed = seedOf(text)
  return seed.length === SEED_BYTES && text === `${PRIVATE_PREFIX}${seed.toString('base64')}`
}

/** What receivers verify with: `whpk_` and the base64 of 32 bytes; undefined for what is no private key. */
export function publicKeyOf(privateKey: string): string | undefined {
  if (!isPrivateKey(privateKey)) return undefined
  const spki = createPublicKey(keyOf(privateKey)).export({ format: 'der', type: 'spki' })
  return `${PUBLIC_PREFIX}${spki.subarray(SPKI_HEAD_BYTES).toString('base64')}`
}

/** The Ed25519 signature (RFC 8032), 64 bytes. Throws for what is no private key. */
export function signEd25519(privateKey: string, message: Uint8Array): Buffer {
  return sign(null, message, keyOf(privateKey))
}

function keyOf(privateKey: string): KeyObject {
  const key = Buffer.concat([PKCS8_HEAD, seedOf(privateKey)])
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' })
}

function seedOf(text: string): Buffer {
  return Buffer.from(text.slice(PRIVATE_PREFIX.length), 'base64')
}
