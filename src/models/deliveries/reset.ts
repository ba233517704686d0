import { type Carrier, LANE_RUN } from '../../delivery/types.ts'
import type { DeliveryDocument } from './document.ts'
import { laneFor, newRound, OPEN } from './updates.ts'

/** A workflow that was reset runs anew as `carrier`; `limited` are the webhooks whose lanes send. */
export type Reset = { ids: string[]; carrier: Carrier; limited: ReadonlySet<string> }
/** A row as the reset saw it. */
export type ResetRow = Pick<DeliveryDocument, '_id' | 'state' | 'round' | 'webhook' | 'carrier'>
const SEEN = { state: 1, round: 1, webhook: 1, carrier: 1 } as const

/**
 * Finds the rows that a reset sends and has not seen to yet: what failed, and what any run of this workflow, or a lane for
 * it, still owes. What was delivered, skipped or cancelled stays, and what another workflow carries stays with it.
 */
export function resettable({ ids, carrier }: Reset) {
  const ours = { state: OPEN, 'carrier.workflow': { $in: [carrier.workflow, null] } }
  const owed = [{ state: 'failed' as const }, ours]
  return [{ _id: { $in: ids }, reset: { $ne: carrier.run }, $or: owed }, SEEN] as const
}

/**
 * What becomes of a row, if nobody has changed it since: what failed is owed again, in its lane where its webhook is
 * limited; what an earlier run carried is carried by this one and due now; what waits in a lane is due now.
 */
export function resetChange(row: ResetRow, { carrier, limited }: Reset, now: Date) {
  const { _id, round } = row
  const reset = carrier.run
  const lane = laneFor(carrier.workflow)
  if (row.state === 'failed') {
    const next = limited.has(row.webhook) ? lane : carrier
    return { filter: { _id, round, state: row.state }, update: newRound(next, now, { reset }) }
  }
  const filter = { _id, round, state: OPEN, 'carrier.run': row.carrier?.run ?? null }
  const isHeld = row.carrier?.run === LANE_RUN
  return { filter, update: { $set: { dueAt: now, reset, ...(isHeld ? {} : { carrier }) } } }
}
