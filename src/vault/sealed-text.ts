import { type KeyRing, type Sealed, VaultError } from './key-ring.ts'

/** A text as it is stored: an object, so that no plain text is ever taken for one. */
export type SealedText = { sealed: string }

const FORM = /^v1:([A-Za-z0-9_-]{1,32}):([A-Za-z0-9_-]+)$/
const MOST_KNOWN = 10_000

export function isSealedText(value: unknown): value is SealedText {
  return typeof value === 'object' && value !== null && 'sealed' in value
}

/** The id of the key that encrypted it. Throws VaultError where the text is none of ours. */
export function keyIdOf(text: SealedText): string {
  return parsed(text).keyId
}

/** Seals and opens texts; opening the same one again costs no decryption. */
export class TextVault {
  private readonly known = new Map<string, string>()
  readonly ring: KeyRing

  constructor(ring: KeyRing) {
    this.ring = ring
  }

  /** `v1:<key id>:<box in base64url>`; the plain text itself where there is no key. */
  seal(plain: string, context: string): SealedText | string {
    if (this.ring.current === undefined) return plain
    const { keyId, box } = this.ring.seal(Buffer.from(plain), context)
    return { sealed: `v1:${keyId}:${Buffer.from(box).toString('base64url')}` }
  }

  /** The plain text; one that was stored before there was a key is given as it is. Throws VaultError. */
  open(stored: SealedText | string, context: string): string {
    if (!isSealedText(stored)) return stored
    const name = `${context}\n${stored.sealed}`
    const known = this.known.get(name)
    if (known !== undefined) return known
    const plain = this.ring.open(parsed(stored), context).toString()
    if (this.known.size >= MOST_KNOWN) this.known.clear()
    this.known.set(name, plain)
    return plain
  }
}

function parsed({ sealed }: SealedText): Sealed {
  const [, keyId, box] = FORM.exec(sealed) ?? []
  if (keyId === undefined || box === undefined)
    throw new VaultError('What is stored is no text that this version encrypted.')
  return { keyId, box: Buffer.from(box, 'base64url') }
}
