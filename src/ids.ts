import { createHash, randomBytes } from 'node:crypto'

/** `prefix_` + 32 hex digits: 48 bits of time, then 80 random ones, so ids sort by creation. */
export function newId(prefix: 'evt' | 'wh' | 'grp' | 'aud' | 'rpl', nowMs: number): string {
  return `${prefix}_${nowMs.toString(16).padStart(12, '0')}${randomBytes(10).toString('hex')}`
}

/** The one delivery of an event to a webhook: the same id whoever computes it, so a re-run finds its rows. */
export function deliveryId(tenant: string, event: string, webhook: string): string {
  return `dlv_${sha256(`${tenant}/${event}/${webhook}`).slice(0, 32)}`
}

/** Whether a text can be the id of a delivery. */
export function isDeliveryId(text: string): boolean {
  return /^dlv_[0-9a-f]{32}$/.test(text)
}

/** Where two events are the same: `tenant/id`, the key of the event's document. */
export function eventKey(tenant: string, id: string): string {
  return `${tenant}/${id}`
}

/** A new API key: `hk_`, 12 characters that name it (`id`), `_`, 256 random bits. Only its hash is ever stored. */
export function newApiKey(): { id: string; value: string } {
  const id = randomBytes(6).toString('hex')
  return { id, value: `hk_${id}_${randomBytes(32).toString('base64url')}` }
}

/** A new first-run token: `hf_` and 256 random bits. Only its hash is ever stored. */
export function newFirstRunToken(): string {
  return `hf_${randomBytes(32).toString('base64url')}`
}

/** An entry of MASTER_KEYS: an id that no other key has, and 256 random bits. */
export function newMasterKey(): string {
  return `k${randomBytes(4).toString('hex')}:${randomBytes(32).toString('base64')}`
}

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}
