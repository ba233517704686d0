import type { z } from 'zod'
import type { Models } from '../models/connect.ts'
import type { DeliveryDocument } from '../models/delivery.ts'
import type { EventDocument } from '../models/event.ts'
import type { stagesSchema } from './delivery-view.ts'

type Row = Pick<DeliveryDocument, '_id' | 'createdAt' | 'lastAttempt'>

/** How far an event has come over all its deliveries: the first one matched, the first attempt, the last answer. */
export async function eventStages(
  models: Models,
  event: Pick<EventDocument, 'receivedAt'>,
  rows: Row[],
): Promise<z.input<typeof stagesSchema>> {
  const first = await models.attempts
    .find({ delivery: { $in: rows.map(({ _id }) => _id) }, number: 1 }, { startedAt: 1 })
    .lean<{ startedAt: Date }[]>()
    .exec()
  const answers = rows.flatMap(({ lastAttempt }) =>
    lastAttempt?.totalMs === undefined
      ? []
      : [{ atMs: lastAttempt.at.getTime() + lastAttempt.totalMs, status: lastAttempt.status }],
  )
  const last = answers.toSorted((a, b) => a.atMs - b.atMs).at(-1)
  return {
    trigger: { at: event.receivedAt.toISOString() },
    prepare: { at: earliest(rows.map(({ createdAt }) => createdAt)) },
    transmit: { at: earliest(first.map(({ startedAt }) => startedAt)) },
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
