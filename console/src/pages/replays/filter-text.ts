import type { ReplaySummary } from '../../api/types.ts'
import { clockTime, type Zone, zoneName } from '../../format/time.ts'

type Filter = ReplaySummary['filter']

/** What a replay takes, in words. */
export function filterText(filter: Filter, missing: boolean, zone: Zone): string {
  const { state, code, status, statusClass, type, event, from, to, attempts } = filter
  const parts = [
    missing ? 'what was missed' : (state ?? 'what is undelivered'),
    code && `with ${code}`,
    status && `answered ${status}`,
    statusClass && `answered ${statusClass}`,
    type && `of ${type}`,
    event && `of event ${event}`,
    attempts && `after ${attempts} attempts or more`,
    from && `since ${clockTime(from, zone, 0)}`,
    to && `until ${clockTime(to, zone, 0)}`,
    (from || to) && zoneName(zone),
  ]
  return parts.filter(Boolean).join(' ')
}
