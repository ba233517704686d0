import { outcomeOf } from '../../delivery/outcome.ts'
import type { PostResult } from '../../delivery/types.ts'
import { type AttemptRecord, headerPairs } from '../../models/deliveries/attempt.ts'
import type { Settlement } from '../../models/deliveries/updates.ts'
import type { WebhookDocument } from '../../models/webhooks/document.ts'
import type { DeliveryRequest } from '../../outbound/request/delivery-request.ts'

/** The record of an attempt: what was sent (redacted), what came back, how long each part took, and what follows. */
export function attemptRecord(
  webhook: WebhookDocument,
  made: {
    number: number
    request: DeliveryRequest
    result: PostResult
    settlement: Settlement
  },
): AttemptRecord & { endedAt: Date } {
  const { number, request, result, settlement } = made
  const { response, error } = result
  const outcome = outcomeOf(result, webhook.success, webhook.target.type)
  return {
    number,
    startedAt: new Date(result.startedAt),
    endedAt: new Date(result.endedAt),
    outcome: recordedOutcome(settlement),
    ...('code' in outcome ? { code: outcome.code } : {}),
    ...(error ? { detail: error.detail } : {}),
    request: { ...request.shown, headers: headerPairs(request.shown.headers) },
    ...(response ? { response: { ...response, headers: headerPairs(response.headers) } } : {}),
    timings: result.timings,
    ...(result.reconnected && { reconnected: result.reconnected }),
    ...('dueAt' in settlement ? { nextAttemptAt: settlement.dueAt } : {}),
  }
}

function recordedOutcome({ state }: Settlement): AttemptRecord['outcome'] {
  if (state === 'delivered' || state === 'unknown') return state
  return 'failed'
}
