import { outcomeOf } from '../delivery/outcome.ts'
import type { PostResult } from '../delivery/types.ts'
import type { AttemptDocument } from '../models/attempt.ts'
import type { DeliveryDocument } from '../models/delivery.ts'
import type { Settlement } from '../models/ledger.ts'
import type { WebhookDocument } from '../models/webhook.ts'
import type { DeliveryRequest } from '../outbound/delivery-request.ts'

/** The record of an attempt: what was sent (redacted), what came back, how long each part took, and what follows. */
export function attemptDocument(
  row: DeliveryDocument,
  webhook: WebhookDocument,
  made: {
    number: number
    request: DeliveryRequest
    result: PostResult
    settlement: Settlement
  },
): AttemptDocument & { endedAt: Date } {
  const { number, request, result, settlement } = made
  const outcome = outcomeOf(result, webhook.success, webhook.target.type)
  return {
    _id: `${row._id}/${number}`,
    tenant: row.tenant,
    delivery: row._id,
    event: row.event,
    webhook: row.webhook,
    number,
    startedAt: new Date(result.startedAt),
    endedAt: new Date(result.endedAt),
    outcome: outcome.verdict === 'delivered' ? 'delivered' : 'failed',
    ...('code' in outcome ? { code: outcome.code } : {}),
    ...(result.error ? { detail: result.error.detail } : {}),
    request: request.shown,
    ...(result.response ? { response: result.response } : {}),
    timings: result.timings,
    ...(settlement.state === 'retrying' ? { nextAttemptAt: settlement.dueAt } : {}),
  }
}
