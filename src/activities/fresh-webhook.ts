import { preciseNow } from '../clock.ts'
import type { Models } from '../models/connect.ts'
import { patiently } from '../models/patience.ts'
import type { WebhookDocument } from '../models/webhook.ts'

/** A change of a webhook is in force at the latest after this. */
const FRESH_MS = 1_000

/** A webhook, read again when what is known of it is a second old. */
export class FreshWebhook {
  private readonly id: string
  private readonly models: Models
  private known: Promise<WebhookDocument | null> | undefined
  private readMs = -Infinity

  constructor(id: string, models: Models) {
    this.id = id
    this.models = models
  }

  /** As it is, or was a second ago; null where it is gone for good. Waits for MongoDB. */
  read(signal?: AbortSignal): Promise<WebhookDocument | null> {
    const now = preciseNow()
    if (this.known && now - this.readMs < FRESH_MS) return this.known
    this.readMs = now
    this.known = patiently(() => this.models.webhooks.findById(this.id).lean().exec(), signal)
    this.known.catch(() => (this.known = undefined))
    return this.known
  }
}
