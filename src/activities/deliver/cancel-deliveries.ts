import type { ShareInput } from '../../delivery/contract.ts'
import type { Carrier } from '../../delivery/types.ts'
import type { DeliveryChanges } from '../../models/deliveries/changes.ts'
import type { DeliveryReads } from '../../models/deliveries/reads.ts'
import type { Models } from '../../models/connect.ts'
import { shareTargets } from './deliver-share.ts'

const REASON = { code: 'workflow_cancelled', detail: 'Its workflow was cancelled.' }

/** Ends what a cancelled workflow still owes of these, in lanes too; what another workflow carries by now stays. */
export async function cancelDeliveries(
  input: { deliveries: string[] } | ShareInput,
  { workflow }: Carrier,
  deps: { models: Models; changes: DeliveryChanges; reads: DeliveryReads; now: () => number },
): Promise<void> {
  const ids =
    'deliveries' in input
      ? input.deliveries
      : (await shareTargets(input, deps)).flatMap((target) => target.deliveries)
  const owed = await deps.reads.owed(ids)
  const ours = owed.filter(({ carrier }) => !carrier || carrier.workflow === workflow)
  const ending = { state: 'cancelled' as const, reason: REASON, at: new Date(deps.now()) }
  await deps.changes.end(ours, ending, { 'carrier.workflow': { $in: [workflow, null] } })
}
