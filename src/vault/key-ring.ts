import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

export type MasterKey = {
  id: string
  /** 32 bytes. */
  key: Uint8Array
}
/** What one master key encrypted; `box` is salt, nonce, ciphertext and tag. */
export type Sealed = { keyId: string; box: Uint8Array }

const CIPHER = 'aes-256-gcm'
const KEY_BYTES = 32
const SALT_BYTES = 16
const NONCE_BYTES = 12
const TAG_BYTES = 16
const LEAST_BYTES = SALT_BYTES + NONCE_BYTES + TAG_BYTES
const MOST_DERIVED = 1_000
/** A random 96-bit nonce is safe for 2^32 messages of a key (NIST SP 800-38D, 8.3); far fewer use one here. */
const SEALS_A_SALT = 2 ** 24

/** A record or payload that none of the master keys opens, or that was changed or moved. */
export class VaultError extends Error {
  override readonly name = 'VaultError'
}

/** The master keys of this process: the first encrypts, all decrypt. Without any, nothing is encrypted. */
export class KeyRing {
  private readonly keys: ReadonlyMap<string, Uint8Array>
  private readonly first: string | undefined
  private readonly derived = new Map<string, Uint8Array>()
  private salt = randomBytes(SALT_BYTES)
  private sealed = 0

  constructor(keys: readonly MasterKey[]) {
    this.keys = new Map(keys.map(({ id, key }) => [id, key]))
    this.first = keys[0]?.id
  }

  /** The id of the key that encrypts; undefined where nothing is encrypted. */
  get current(): string | undefined {
    return this.first
  }

  has(keyId: string): boolean {
    return this.keys.has(keyId)
  }

  /** AES-256-GCM with the first key, bound to `context`: only the same context opens it. Throws VaultError without keys. */
  seal(plain: Uint8Array, context: string): Sealed {
    if (this.first === undefined) throw new VaultError('There is no master key to encrypt with.')
    if (this.sealed++ >= SEALS_A_SALT) this.renewSalt()
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv(CIPHER, this.dataKey(this.first, this.salt), nonce)
    cipher.setAAD(boundTo(this.first, context))
    const box = [this.salt, nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]
    return { keyId: this.first, box: Buffer.concat(box) }
  }

  /** What was sealed under this context. Throws VaultError for an unknown key, another context, a changed byte. */
  open({ keyId, box }: Sealed, context: string): Buffer {
    if (!this.has(keyId))
      throw new VaultError(`MASTER_KEYS has no key “${keyId}”, which encrypted ${context}.`)
    if (box.length < LEAST_BYTES) throw new VaultError(`What is stored at ${context} is cut off.`)
    const salt = box.subarray(0, SALT_BYTES)
    const nonce = box.subarray(SALT_BYTES, SALT_BYTES + NONCE_BYTES)
    const decipher = createDecipheriv(CIPHER, this.dataKey(keyId, salt), nonce)
    decipher.setAAD(boundTo(keyId, context))
    decipher.setAuthTag(box.subarray(-TAG_BYTES))
    try {
      const plain = decipher.update(box.subarray(SALT_BYTES + NONCE_BYTES, -TAG_BYTES))
      return Buffer.concat([plain, decipher.final()])
    } catch (cause) {
      const fault = `The key “${keyId}” does not open ${context}: it was changed or moved.`
      throw new VaultError(fault, { cause })
    }
  }

  /** The key of one salt (HKDF-SHA256, RFC 5869), so that no key comes near the limit of random nonces. */
  private dataKey(keyId: string, salt: Uint8Array): Uint8Array {
    const name = `${keyId}/${Buffer.from(salt).toString('base64')}`
    const known = this.derived.get(name)
    if (known) return known
    const master = this.keys.get(keyId) ?? new Uint8Array()
    const made = new Uint8Array(hkdfSync('sha256', master, salt, 'herald vault v1', KEY_BYTES))
    if (this.derived.size >= MOST_DERIVED) this.derived.clear()
    this.derived.set(name, made)
    return made
  }

  private renewSalt(): void {
    this.salt = randomBytes(SALT_BYTES)
    this.sealed = 1
  }
}

function boundTo(keyId: string, context: string): Buffer {
  return Buffer.from(`v1/${keyId}/${context}`)
}
