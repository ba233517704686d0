import type { Payload, PayloadCodec } from '@temporalio/common'
import protobuf from 'protobufjs'
import type { KeyRing } from './key-ring.ts'

const ENCODING = 'binary/encrypted'
const KEY_ID = 'encryption-key-id'

/** temporal.api.common.v1.Payload, so that whatever a converter made comes back byte for byte. */
const payloadMessage = new protobuf.Type('Payload')
  .add(new protobuf.MapField('metadata', 1, 'string', 'bytes'))
  .add(new protobuf.Field('data', 2, 'bytes'))

type CodecOptions = { ring: KeyRing; namespace: string; encrypts: boolean }

/**
 * Encrypts what herald hands to Temporal, bound to the namespace. Decodes what any key of the ring encrypted; payloads
 * from before there was a key pass through, so that running workflows go on.
 */
export class EncryptionCodec implements PayloadCodec {
  private readonly ring: KeyRing
  private readonly context: string
  private readonly encrypts: boolean

  constructor({ ring, namespace, encrypts }: CodecOptions) {
    this.ring = ring
    this.context = `temporal/${namespace}`
    this.encrypts = encrypts
  }

  encode(payloads: Payload[]): Promise<Payload[]> {
    return Promise.resolve(this.encrypts ? payloads.map((one) => this.sealed(one)) : payloads)
  }

  /** Throws VaultError for an unknown key, another namespace, a changed byte. */
  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((one) => (isEncrypted(one) ? this.opened(one) : one))
  }

  private sealed(payload: Payload): Payload {
    const bytes = payloadMessage.encode(payload).finish()
    const { keyId, box } = this.ring.seal(bytes, this.context)
    return {
      metadata: { encoding: Buffer.from(ENCODING), [KEY_ID]: Buffer.from(keyId) },
      data: box,
    }
  }

  private opened({ metadata, data }: Payload): Payload {
    const keyId = Buffer.from(metadata?.[KEY_ID] ?? '').toString()
    const bytes = this.ring.open({ keyId, box: data ?? new Uint8Array() }, this.context)
    const decoded = payloadMessage.decode(bytes) as Payload
    return { metadata: decoded.metadata ?? {}, data: decoded.data ?? new Uint8Array() }
  }
}

function isEncrypted({ metadata }: Payload): boolean {
  return Buffer.from(metadata?.['encoding'] ?? '').toString() === ENCODING
}
