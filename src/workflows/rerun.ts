import type { RerunInput } from '../delivery/contract.ts'
import { allEnded } from './deliver-to-target.ts'
import { redeliverRow, type RedeliverResult } from './redeliver.ts'
import { StateMark } from './state-mark.ts'

export type RerunResult = { deliveries: RedeliverResult[] }

/**
 * Sends what is undelivered of one event again, all webhooks in parallel: a failed delivery with its whole schedule, an
 * open one now. Always completes with an outcome, so that a batch reset by ExecutionStatus='Failed' leaves it alone.
 */
export async function rerun({ deliveries, ownerRuns }: RerunInput): Promise<RerunResult> {
  const mark = new StateMark()
  const results = await allEnded(
    deliveries.map((one) => redeliverRow(one, { once: ownerRuns && one.round === 'now', mark })),
  )
  return { deliveries: results }
}
