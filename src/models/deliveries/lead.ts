import type { DeliveryChoice } from '../../api/deliveries/filter.ts'
import type { Lead } from '../lead.ts'
import { oneOf, onlyOne } from '../one-of.ts'
import { codeIs, leastOf } from './conditions.ts'

/** Most deliveries need one attempt: to choose by no more than that chooses nearly all. */
const ATTEMPTS_OF_MOST = 1

/** Whatever is no success has a code, and every status from 300 on is none. */
const FAILED = { 'lastAttempt.code': { $gt: '' } }

/**
 * The part of a filter that an index answers best: of its fields, the one that chooses fewest as a rule. The indexes are
 * in document.ts. Of a field of which several values are wanted MongoDB finds the index by itself.
 */
export function deliveryLead(tenant: string, filter: DeliveryChoice): Lead {
  const { event, subject, code } = filter
  const [webhook, type, state] = [filter.webhook, filter.type, filter.state].map((one) =>
    onlyOne<string>(one),
  )
  if (event !== undefined) return { kind: 'narrow', where: { tenant, event: oneOf(event) } }
  if (subject !== undefined) return { kind: 'wide', where: { subject } }
  if (webhook !== undefined)
    return { kind: 'timed', where: { webhook, ...(state !== undefined && { state }) } }
  if (code !== undefined) return { kind: 'wide', where: codeIs(code) }
  if (type !== undefined) return { kind: 'timed', where: { tenant, type } }
  return byRange(tenant, filter)
}

function byRange(tenant: string, filter: DeliveryChoice): Lead {
  const { status, statusClass = [], attempts = 0 } = filter
  const state = onlyOne<string>(filter.state)
  if (attempts > ATTEMPTS_OF_MOST) {
    // the last of them is on record, or the row is owed
    const made = { tenant, 'lastAttempt.number': { $gte: attempts } }
    return { kind: 'wide', where: { $or: [made, { dueAt: { $gt: new Date(0) } }] } }
  }
  const classes = [statusClass].flat().map(leastOf)
  const least = status ?? Math.min(...(classes.length > 0 ? classes : [0]))
  if (least >= 300) return { kind: 'wide', where: FAILED }
  return { kind: 'timed', where: { tenant, ...(state !== undefined && { state }) } }
}
