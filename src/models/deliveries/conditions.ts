import type { DeliveryFilter } from '../../api/deliveries/filter.ts'
import type { Conditions } from '../lead.ts'
import { timeRange } from '../time-range.ts'

/** The statuses of a class such as `4xx`. */
export function statusesOf(statusClass: NonNullable<DeliveryFilter['statusClass']>) {
  const $gte = Number(statusClass[0]) * 100
  return { $gte, $lt: $gte + 100 }
}

/** Of the last attempt, or of the reason. */
export function codeIs(code: string): Conditions {
  return { $or: [{ 'lastAttempt.code': code }, { 'reason.code': code }] }
}

/** The MongoDB filter of what callers choose deliveries by; the tenant is for the caller to add. */
export function deliveryConditions(filter: DeliveryFilter): Conditions {
  const { state, webhook, event, type, status, statusClass, code, attempts } = filter
  const createdAt = timeRange(filter)
  return {
    ...(state !== undefined && { state }),
    ...(webhook !== undefined && { webhook }),
    ...(event !== undefined && { event }),
    ...(type !== undefined && { type }),
    ...(attempts !== undefined && { attempts: { $gte: attempts } }),
    ...(createdAt && { createdAt }),
    ...(statusClass !== undefined && {
      'lastAttempt.status': {
        ...statusesOf(statusClass),
        ...(status !== undefined && { $eq: status }),
      },
    }),
    ...(status !== undefined && statusClass === undefined && { 'lastAttempt.status': status }),
    ...(code !== undefined && codeIs(code)),
  }
}
