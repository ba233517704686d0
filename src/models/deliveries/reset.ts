import { type Carrier, LANE_RUN } from '../../delivery/types.ts'
import { laneFor, newRound, OPEN } from './updates.ts'

/** A workflow that was reset runs anew as `carrier`; `limited` are the webhooks whose lanes send. */
export type Reset = { ids: string[]; carrier: Carrier; limited: string[] }

/**
 * What a reset sends, as changes in this order: what failed is owed again, in its lane where its webhook is limited; what an
 * earlier run of this workflow carried is carried by this one and due now; what waits in a lane for it is due now. What was
 * delivered, skipped or cancelled stays, and what another workflow carries stays with it.
 */
export function resetChanges({ ids, carrier, limited }: Reset, now: Date) {
  const failed = { _id: { $in: ids }, state: 'failed' as const }
  const open = { _id: { $in: ids }, state: OPEN }
  const lane = laneFor(carrier.workflow)
  const earlier = { 'carrier.workflow': carrier.workflow, 'carrier.run': { $ne: LANE_RUN } }
  const ours = { $or: [earlier, { carrier: { $exists: false } }] }
  return [
    { filter: { ...failed, webhook: { $in: limited } }, update: newRound(lane, now) },
    { filter: failed, update: newRound(carrier, now) },
    { filter: { ...open, ...ours }, update: { $set: { carrier, dueAt: now } } },
    { filter: { ...open, carrier: lane }, update: { $set: { dueAt: now } } },
  ]
}
