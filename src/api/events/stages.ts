import type { z } from 'zod'
import type { DeliveryDocument } from '../../models/deliveries/document.ts'
import type { EventDocument } from '../../models/event.ts'
import type { stagesSchema } from '../deliveries/view.ts'

type Row = Pick<DeliveryDocument, 'createdAt' | 'firstAttemptAt' | 'lastAttempt'>

/** How far an event has come over all its deliveries: the first one matched, the first attempt, the last answer. */
export function eventStages(
  event: Pick<EventDocument, 'receivedAt'>,
  rows: Row[],
): z.input<typeof stagesSchema> {
  const answers = rows.flatMap(({ lastAttempt }) =>
    lastAttempt?.totalMs === undefined
      ? []
      : [{ atMs: lastAttempt.at.getTime() + lastAttempt.totalMs, status: lastAttempt.status }],
  )
  const last = answers.toSorted((a, b) => a.atMs - b.atMs).at(-1)
  return {
    trigger: { at: event.receivedAt.toISOString() },
    prepare: { at: earliest(rows.map(({ createdAt }) => createdAt)) },
    transmit: {
      at: earliest(rows.flatMap((row) => row.firstAttemptAt ?? row.lastAttempt?.at ?? [])),
    },
    response: {
      at: last ? new Date(last.atMs).toISOString() : null,
      status: last?.status ?? null,
    },
  }
}

function earliest(dates: Date[]): string | null {
  if (dates.length === 0) return null
  return new Date(Math.min(...dates.map((date) => date.getTime()))).toISOString()
}
