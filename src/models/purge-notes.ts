import type { Models } from './connect.ts'
import { inBatches, PURGE_BATCH } from './retention.ts'

/** Removes tallies, and what people said of problems, whose time is over, however long events are kept. */
export async function purgeNotes({ tallies, problemMarks }: Models, nowMs: number): Promise<void> {
  const due = { purgeAt: { $lt: new Date(nowMs) } }
  await inBatches(
    () => tallies.find(due, { _id: 1 }).limit(PURGE_BATCH).lean(),
    (found) => tallies.deleteMany({ _id: { $in: found } }),
  )
  await problemMarks.deleteMany(due)
}

/** Removes the entries of the audit that are older than this. Gives their number. */
export async function purgeAudit({ audit }: Models, before: Date): Promise<number> {
  const due = { at: { $lt: before } }
  return inBatches(
    () => audit.find(due, { _id: 1 }).limit(PURGE_BATCH).lean(),
    (found) => audit.deleteMany({ _id: { $in: found } }),
  )
}
