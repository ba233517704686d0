import { SEED_TYPES } from '../../catalogue/seed-types.ts'
import type { CatalogueType } from '../../catalogue/types.ts'
import { isOperatorEvent } from '../../delivery/operator-events.ts'
import type { EventEnvelope } from '../../delivery/types.ts'
import { ApiError, type FieldError } from '../http/errors.ts'
import { sameType } from './types.ts'

/**
 * Callers post no operator events: who gets one must be able to trust that herald says it.
 * Throws type_reserved; `typeAt` points at the type of an event of the request.
 */
export function refuseReserved(events: EventEnvelope[], typeAt: (index: number) => string): void {
  const errors = events.flatMap(({ type }, index) =>
    isOperatorEvent(type) ? [reserved(type, typeAt(index))] : [],
  )
  if (errors.length > 0) throw reservedError(errors)
}

/** What is wrong with a type of the catalogue: one that herald itself makes can only be as it came with herald. */
export function reservedFaults(type: CatalogueType, pointer: string): FieldError[] {
  const seed = SEED_TYPES.get(type.name)
  if (!isOperatorEvent(type.name) || (seed && sameType(type, seed))) return []
  return [reserved(type.name, pointer)]
}

/** The 422 for these places. */
export function reservedError(errors: FieldError[]): ApiError {
  const [first] = errors
  const detail = `${first?.pointer}: ${first?.detail}. Choose a name that begins otherwise; to try a webhook with an event of herald’s, use POST /v1/webhooks/{id}/test.`
  return new ApiError('type_reserved', detail, { errors })
}

function reserved(type: string, pointer: string): FieldError {
  const detail = `“${type}” is reserved: herald itself makes the events whose type begins with “herald.”`
  return { pointer, detail, code: 'type_reserved' }
}
