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
