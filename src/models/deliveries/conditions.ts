import type { DeliveryFilter } from '../../api/deliveries/filter.ts'
import { timeRange } from '../time-range.ts'

/** The MongoDB filter of what callers choose deliveries by; the tenant is for the caller to add. */
export function deliveryConditions(filter: DeliveryFilter): Record<string, unknown> {
  const { state, webhook, event, type, status, statusClass, code, attempts } = filter
  const createdAt = timeRange(filter)
  const hundreds = statusClass && Number(statusClass[0]) * 100
  const statuses = [
    ...(status === undefined ? [] : [{ 'lastAttempt.status': status }]),
    ...(hundreds ? [{ 'lastAttempt.status': { $gte: hundreds, $lt: hundreds + 100 } }] : []),
    ...(code !== undefined
      ? [{ $or: [{ 'lastAttempt.code': code }, { 'reason.code': code }] }]
      : []),
  ]
  return {
    ...(state !== undefined && { state }),
    ...(webhook !== undefined && { webhook }),
    ...(event !== undefined && { event }),
    ...(type !== undefined && { type }),
    ...(attempts !== undefined && { attempts: { $gte: attempts } }),
    ...(createdAt && { createdAt }),
    ...(statuses.length > 0 && { $and: statuses }),
  }
}
