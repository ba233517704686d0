import type { DeliveryDocument } from '../../models/deliveries/document.ts'
import { isOpen } from './shape.ts'
import { ApiError } from '../http/errors.ts'

/** A finished delivery gets another round; an open one is tried now, once however often that is asked before it is. */
export function nextRound(row: Pick<DeliveryDocument, 'state' | 'round' | 'attempts'>) {
  if (isOpen(row)) return { round: 'now' as const, n: `now-${row.attempts + 1}` }
  return { round: row.round + 1, n: `round-${row.round + 1}` }
}

/** Throws temporal_unavailable: the workflow was not started, the same request may be sent again. */
export function temporalUnavailable(cause: unknown): never {
  throw new ApiError('temporal_unavailable', 'The workflow could not be started; try again.', {
    headers: { 'retry-after': '2' },
    cause,
  })
}
