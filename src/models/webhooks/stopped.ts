import type { Model } from 'mongoose'
import type { WebhookDocument } from './document.ts'

/** How many webhooks of all tenants are paused by a person, and disabled by herald; deleted ones are neither. */
export async function countStopped(
  webhooks: Model<WebhookDocument>,
): Promise<{ paused: number; disabled: number }> {
  const deletedAt = { $exists: false }
  const [paused, disabled] = await Promise.all([
    webhooks.countDocuments({ state: 'paused', deletedAt }),
    webhooks.countDocuments({ state: 'disabled', deletedAt }),
  ])
  return { paused, disabled }
}
