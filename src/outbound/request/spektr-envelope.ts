import type { EventEnvelope } from '../../delivery/types.ts'
import { jsonMembers, rawObject } from '../../json/members.ts'

const FLATTENED_TYPE = 'process_run_end'

/**
 * The envelope of the spektr guide. `delivered` is null: the body is built once, before the first delivery.
 * The members of `process_run_end` stand at the top level, where the envelope's own keys win.
 */
export function spektrEnvelope(event: EventEnvelope): string {
  const envelope: [string, string][] = [
    ['id', JSON.stringify(event.id)],
    ['spektrId', JSON.stringify(event.subject ?? null)],
    ['type', JSON.stringify(event.type)],
    ['delivered', 'null'],
    ['createdAt', String(createdAtMs(event))],
  ]
  if (event.reference !== undefined) envelope.push(['reference', JSON.stringify(event.reference)])
  const members = event.type === FLATTENED_TYPE ? jsonMembers(event.data) : undefined
  if (!members) return rawObject([...envelope, ['data', event.data]])
  const taken = new Set(envelope.map(([key]) => key))
  const own = members.filter(({ key }) => !taken.has(key))
  const flattened = own.map(({ rawKey, rawValue }) => `,${rawKey}:${rawValue}`).join('')
  return `${rawObject(envelope).slice(0, -1)}${flattened}}`
}

function createdAtMs({ occurredAt, receivedAt }: EventEnvelope): number {
  const occurredAtMs = Date.parse(occurredAt ?? receivedAt)
  return Number.isNaN(occurredAtMs) ? Date.parse(receivedAt) : occurredAtMs
}
