import type { CancelInput, EventName, MatchInput, ShareInput } from '../../delivery/contract.ts'
import type { Reason } from '../../delivery/failure-codes.ts'
import type { Carrier } from '../../delivery/types.ts'
import { eventKey } from '../../ids.ts'
import type { DeliveryChanges } from '../../models/deliveries/changes.ts'
import type { DeliveryReads } from '../../models/deliveries/reads.ts'
import type { Models } from '../../models/connect.ts'
import { envelopeOf, type EventDocument } from '../../models/event.ts'
import { shareTargets } from './deliver-share.ts'

const REASON: Reason = { code: 'workflow_cancelled', detail: 'Its workflow was cancelled.' }

type Dependencies = {
  models: Models
  changes: DeliveryChanges
  reads: DeliveryReads
  now: () => number
  match: (input: MatchInput) => Promise<unknown>
}

/**
 * Ends what a cancelled workflow still owes of these, in lanes too; what another workflow carries by now stays. Also what a
 * process that died had sent before it could store it, so that people see what became of it.
 */
export async function cancelDeliveries(
  input: CancelInput | ShareInput,
  carrier: Carrier,
  deps: Dependencies,
): Promise<void> {
  const ids =
    'deliveries' in input
      ? input.deliveries
      : (await shareTargets(input, deps)).flatMap((target) => target.deliveries)
  const { events = [] } = input
  if (events.length > 0 && (await deps.reads.missing(ids)).length > 0)
    await remake(events, carrier, deps)
  const owed = await deps.reads.owed(ids)
  const { workflow } = carrier
  const ours = owed.filter((row) => !row.carrier || row.carrier.workflow === workflow)
  const ending = { state: 'cancelled' as const, reason: REASON, at: new Date(deps.now()) }
  await deps.changes.end(ours, ending, { 'carrier.workflow': { $in: [workflow, null] } })
}

/** Stores the rows that are missing of these events, as far as this workflow owns them and they are kept. */
async function remake(
  names: EventName[],
  { workflow }: Carrier,
  { models, match }: Dependencies,
): Promise<void> {
  const keys = names.map(({ tenant, id }) => eventKey(tenant, id))
  const kept = await models.events
    .find({ _id: { $in: keys }, workflow, purgeAt: { $exists: false } })
    .lean<EventDocument[]>()
    .exec()
  if (kept.length === 0) return
  await match({ workflow, events: kept.map(envelopeOf), reset: false, again: true })
}
