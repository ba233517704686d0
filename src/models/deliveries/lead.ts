import type { DeliveryFilter } from '../../api/deliveries/filter.ts'
import type { Lead } from '../lead.ts'
import { codeIs, statusesOf } from './conditions.ts'

/** Most deliveries need one attempt: to choose by no more than that chooses nearly all. */
const ATTEMPTS_OF_MOST = 1

/** Whatever is no success has a code, and every status from 300 on is none. */
const FAILED = { 'lastAttempt.code': { $gt: '' } }

/**
 * The part of a filter that an index answers best: of its fields, the one that chooses fewest as a rule. The indexes are
 * in document.ts.
 */
export function deliveryLead(tenant: string, filter: DeliveryFilter): Lead {
  const { event, webhook, code, type, state } = filter
  if (event !== undefined) return { kind: 'narrow', where: { tenant, event } }
  if (webhook !== undefined)
    return { kind: 'timed', where: { webhook, ...(state !== undefined && { state }) } }
  if (code !== undefined) return { kind: 'wide', where: codeIs(code) }
  if (type !== undefined) return { kind: 'timed', where: { tenant, type } }
  return byRange(tenant, filter)
}

function byRange(tenant: string, filter: DeliveryFilter): Lead {
  const { status, statusClass, attempts = 0, state } = filter
  if (attempts > ATTEMPTS_OF_MOST) {
    // the last of them is on record, or the row is owed
    const made = { tenant, 'lastAttempt.number': { $gte: attempts } }
    return { kind: 'wide', where: { $or: [made, { dueAt: { $gt: new Date(0) } }] } }
  }
  const least = status ?? (statusClass ? statusesOf(statusClass).$gte : 0)
  if (least >= 300) return { kind: 'wide', where: FAILED }
  return { kind: 'timed', where: { tenant, ...(state !== undefined && { state }) } }
}
