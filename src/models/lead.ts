import { isDeepStrictEqual } from 'node:util'
import type { TimeRange } from './time-range.ts'

export type Conditions = Record<string, unknown>
export type TimeWindow = TimeRange & { $lte?: Date }

/**
 * The conditions of a filter that one index answers, or several, one for each arm of an `$or`.
 * - `timed`: equal values, and the index has the time next, so that it answers a window of time as well.
 * - `wide`: a range, or one of several fields; it may choose most of what there is.
 * - `narrow`: never many.
 */
export type Lead = { kind: 'timed' | 'wide' | 'narrow'; where: Conditions }

/** A lead whose index answers a window of time: the same, or all of the tenant. */
export function timedLead(lead: Lead, tenant: string): Lead {
  return lead.kind === 'timed' ? lead : { kind: 'timed', where: { tenant } }
}

/**
 * The conditions of a lead, within a window of time (the time field with its bounds) where its index has the time, and what
 * else must hold. MongoDB chooses its index for itself. SecantusDB 0.7 uses one only where nothing else is left to say; 0.5
 * takes the first part that has one of an `$and` whose parts name a field twice, so there the lead is said again.
 */
export function ledBy(
  { kind, where }: Lead,
  window: Record<string, TimeWindow>,
  others: readonly Conditions[],
): Conditions {
  const lead = kind === 'timed' ? { ...where, ...window } : where
  const left = [window, ...others]
    .map((conditions) => unsaid(conditions, lead))
    .filter((conditions) => Object.keys(conditions).length > 0)
  if (left.length === 0) return lead
  return { ...lead, $and: '$or' in where ? left : [lead, ...left] }
}

/** What of these conditions others do not say already. */
export function unsaid(conditions: Conditions, said: Conditions): Conditions {
  const isLeft = ([name, value]: [string, unknown]) => !isDeepStrictEqual(said[name], value)
  return Object.fromEntries(Object.entries(conditions).filter(isLeft))
}
