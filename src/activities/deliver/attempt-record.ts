import {
  type AttemptRecord,
  type EndedAttempt,
  headerPairs,
} from '../../models/deliveries/attempt.ts'
import type { Settlement } from '../../models/deliveries/updates.ts'
import type { DeliveryRequest } from '../../outbound/request/delivery-request.ts'
import type { Judged } from './settlement.ts'

/** The record of an attempt: what was sent (redacted), what came back, how long each part took, and what follows. */
export function attemptRecord(
  made: Judged & { number: number; request: DeliveryRequest; settlement: Settlement },
): EndedAttempt {
  const { number, request, result, outcome, settlement } = made
  const { response, error } = result
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
