import type { DeliveryChoice, DeliveryFilter } from '../../api/deliveries/filter.ts'
import type { Conditions } from '../lead.ts'
import { oneOf } from '../one-of.ts'
import { timeRange } from '../time-range.ts'

type StatusClass = NonNullable<DeliveryFilter['statusClass']>

/** The least status of a class such as `4xx`. */
export function leastOf(statusClass: StatusClass): number {
  return Number(statusClass[0]) * 100
}

/** Of the last attempt, or of the reason. */
export function codeIs(code: string | string[]): Conditions {
  return { $or: [{ 'lastAttempt.code': oneOf(code) }, { 'reason.code': oneOf(code) }] }
}

/** The MongoDB filter of what callers choose deliveries by; the tenant is for the caller to add. */
export function deliveryConditions(filter: DeliveryChoice): Conditions {
  const { state, webhook, event, type, subject, code, attempts } = filter
  const createdAt = timeRange(filter)
  return {
    ...(state !== undefined && { state: oneOf<string>(state) }),
    ...(webhook !== undefined && { webhook: oneOf(webhook) }),
    ...(event !== undefined && { event: oneOf(event) }),
    ...(type !== undefined && { type: oneOf(type) }),
    ...(subject !== undefined && { subject }),
    ...(attempts !== undefined && { attempts: { $gte: attempts } }),
    ...(createdAt && { createdAt }),
    ...statusConditions(filter),
    ...(code !== undefined && codeIs(code)),
  }
}

function statusConditions({ status, statusClass }: DeliveryChoice): Conditions {
  if (statusClass === undefined) return status === undefined ? {} : { 'lastAttempt.status': status }
  const classes = [statusClass].flat()
  const exactly = status !== undefined && { $eq: status }
  const [only] = classes
  if (classes.length === 1 && only !== undefined)
    return { 'lastAttempt.status': { $gte: leastOf(only), $lt: leastOf(only) + 100, ...exactly } }
  const all = classes.flatMap((one) => Array.from({ length: 100 }, (_, n) => leastOf(one) + n))
  return { 'lastAttempt.status': { $in: all, ...exactly } }
}
