import { preciseNow } from '../../clock.ts'
import type { Models } from '../../models/connect.ts'
import { patiently } from '../../models/patience.ts'
import type { WebhookDocument } from '../../models/webhooks/document.ts'

/** A change of a webhook is in force at the latest after this. */
const FRESH_MS = 1_000
/** It is read again in the background from this age on, so that nobody waits for that while MongoDB is quick. */
const AHEAD_MS = 500

type Known = { webhook: WebhookDocument | null; readMs: number }

/** A webhook, read again when what is known of it is a second old. */
export class FreshWebhook {
  private readonly id: string
  private readonly models: Models
  private known: Known | undefined
  private reading: Promise<WebhookDocument | null> | undefined
  private failure: { error: unknown } | undefined

  constructor(id: string, models: Models) {
    this.id = id
    this.models = models
  }

  /** As it is, or was a second ago; null where it is gone for good. Waits for MongoDB. */
  async read(signal?: AbortSignal): Promise<WebhookDocument | null> {
    const ageMs = this.ageMs()
    if (!this.known || ageMs >= FRESH_MS) return await (this.reading ?? this.begin(signal))
    if (ageMs >= AHEAD_MS) this.ahead(signal)
    return this.known.webhook
  }

  /** As it was read last, without waiting; undefined before that. Throws what reading it again threw. */
  latest(signal?: AbortSignal): WebhookDocument | null | undefined {
    if (this.failure) throw this.failure.error
    if (this.ageMs() >= AHEAD_MS) this.ahead(signal)
    return this.known?.webhook
  }

  private ageMs(): number {
    return preciseNow() - (this.known?.readMs ?? -Infinity)
  }

  private ahead(signal: AbortSignal | undefined): void {
    if (!this.reading) this.begin(signal).catch((error: unknown) => (this.failure = { error }))
  }

  private begin(signal: AbortSignal | undefined): Promise<WebhookDocument | null> {
    const readMs = preciseNow()
    const find = () => this.models.webhooks.findById(this.id).lean().exec()
    this.failure = undefined
    this.reading = patiently(find, signal)
      .then((webhook) => {
        this.known = { webhook, readMs }
        return webhook
      })
      .finally(() => (this.reading = undefined))
    return this.reading
  }
}
