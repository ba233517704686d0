import type { DeliveryFilter } from '../../api/deliveries/filter.ts'
import type { Conditions, Lead } from '../lead.ts'
import { statusesOf } from './conditions.ts'

/** Most deliveries need one attempt: to choose by no more than that chooses nearly all. */
const ATTEMPTS_OF_MOST = 1

/** Whatever is no success has a code, and every status from 300 on is none. */
const FAILED = { 'lastAttempt.code': { $gt: '' } }

type Field = Exclude<keyof DeliveryFilter, 'from' | 'to'>
/** The fields of the filter that the lead stands for. */
type DeliveryLead = Lead & { fields: Field[] }

/**
 * The part of a filter that an index answers best: of its fields, the one that chooses fewest as a rule. The indexes are
 * in document.ts.
 */
export function deliveryLead(tenant: string, filter: DeliveryFilter): DeliveryLead {
  const { event, webhook, code, type, state } = filter
  const by = (kind: Lead['kind'], fields: Field[], where: Conditions) => ({ kind, fields, where })
  if (event !== undefined) return by('narrow', ['event'], { tenant, event })
  if (webhook !== undefined && state !== undefined)
    return by('timed', ['webhook', 'state'], { webhook, state })
  if (webhook !== undefined) return by('timed', ['webhook'], { webhook })
  if (code !== undefined) {
    const $or = ['lastAttempt.code', 'reason.code'].map((field) => ({ [field]: code }))
    return by('wide', ['code'], { $or })
  }
  if (type !== undefined) return by('timed', ['type'], { tenant, type })
  return byRange(tenant, filter)
}

function byRange(tenant: string, filter: DeliveryFilter): DeliveryLead {
  const { status, statusClass, attempts = 0, state } = filter
  if (attempts > ATTEMPTS_OF_MOST) {
    // the last of them is on record, or the row is owed
    const made = { tenant, 'lastAttempt.number': { $gte: attempts } }
    const $or = [made, { dueAt: { $gt: new Date(0) } }]
    return { kind: 'wide', fields: [], where: { $or } }
  }
  const least = status ?? (statusClass ? statusesOf(statusClass).$gte : 0)
  if (least >= 300) return { kind: 'wide', fields: [], where: FAILED }
  if (state !== undefined) return { kind: 'timed', fields: ['state'], where: { tenant, state } }
  return { kind: 'timed', fields: [], where: { tenant } }
}
