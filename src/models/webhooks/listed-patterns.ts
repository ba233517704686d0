import type { Model } from 'mongoose'
import type { WebhookDocument } from './document.ts'

/** The event types and patterns that webhooks of a tenant list, each once; deleted webhooks list nothing. */
export function listedPatterns(
  webhooks: Model<WebhookDocument>,
  tenant: string,
): Promise<string[]> {
  return webhooks.distinct('events', { tenant, deletedAt: { $exists: false } }).exec()
}
