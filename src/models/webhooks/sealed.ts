import type { Query } from 'mongoose'
import { VaultError } from '../../vault/key-ring.ts'
import type { TextVault } from '../../vault/sealed-text.ts'
import { openWebhook, sealWebhook } from '../../vault/webhook-vault.ts'
import { type WebhookDocument, webhookSchema } from './document.ts'

type Found = Partial<WebhookDocument> | null

/**
 * The schema of webhooks whose secrets are encrypted on the way into MongoDB and plain in memory, whoever reads or
 * writes. One whose secrets no key opens is read with its `fault`: its deliveries wait, and it costs no other webhook
 * anything. A write that can't tell whose secrets they are throws VaultError.
 */
export function sealedWebhookSchema(vault: TextVault): typeof webhookSchema {
  const schema = webhookSchema.clone()
  schema.pre('save', function () {
    const { target, secrets } = sealWebhook(vault, this._id, this)
    this.set({ target, secrets })
  })
  schema.pre(['updateOne', 'findOneAndUpdate', 'updateMany'], function () {
    sealUpdate(vault, this)
  })
  schema.pre('insertMany', (documents: WebhookDocument[]) => {
    if (!Array.isArray(documents)) return
    for (const one of documents) Object.assign(one, sealWebhook(vault, one._id, one))
  })
  schema.post(['find', 'findOne', 'findOneAndUpdate'], (found: Found | Found[]) => {
    for (const one of [found].flat()) {
      if (one?._id === undefined) continue
      const { opened, fault } = openWebhook(vault, one._id, one)
      Object.assign(one, opened, fault !== undefined && { fault: faultOf(fault) })
    }
  })
  return schema
}

function faultOf(why: string): NonNullable<WebhookDocument['fault']> {
  const detail = `${why} Start herald with that key in MASTER_KEYS, or delete the webhook.`
  return { code: 'secrets_unreadable', detail }
}

function sealUpdate(vault: TextVault, query: Query<unknown, WebhookDocument>): void {
  const set = (query.getUpdate() as { $set?: Partial<WebhookDocument> } | null)?.$set
  if (!set || !Object.keys(set).some((path) => /^(target|secrets)\b/.test(path))) return
  const id: unknown = query.getFilter()['_id']
  if (typeof id !== 'string' || Object.keys(set).some((path) => /^(target|secrets)\./.test(path)))
    throw new VaultError('Secrets are written whole, and to one webhook of a known id.')
  Object.assign(set, sealWebhook(vault, id, set))
}
