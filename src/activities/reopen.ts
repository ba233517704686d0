import type { RedeliverInput, ReopenResult } from '../delivery/contract.ts'
import type { Models } from '../models/connect.ts'
import type { Outbox } from '../models/outbox.ts'
import type { LaneWaker } from './lane-waker.ts'
import { targetOf } from './match-webhooks.ts'

/** Owes a delivery again: a finished one in a new round, one that is not finished now instead of at its due time. */
export async function reopen(
  input: RedeliverInput,
  { models, outbox, waker }: { models: Models; outbox: Outbox; waker: LaneWaker },
): Promise<ReopenResult> {
  const row = await models.deliveries
    .findOne({ _id: input.delivery, tenant: input.tenant }, { webhook: 1, tenant: 1 })
    .lean()
    .exec()
  const webhook = row && (await models.webhooks.findById(row.webhook).lean().exec())
  if (!row || !webhook || webhook.deletedAt) return { target: undefined }
  if (input.round !== 'now')
    await outbox.reopen(row._id, input.round, webhook.rateLimit ? 'held' : 'pending')
  else if (!(await outbox.dueNow(row._id))) return { target: undefined }
  if (webhook.rateLimit)
    waker.wake({ tenant: row.tenant, webhook: webhook._id, name: webhook.name })
  return { target: { ...targetOf(webhook), deliveries: [row._id] } }
}
