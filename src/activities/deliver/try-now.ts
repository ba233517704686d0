import { ApplicationFailure } from '@temporalio/activity'
import { FAILURE, type TryNowInput, type TryNowResult } from '../../delivery/contract.ts'
import { ruleOf } from '../../delivery/row-rule.ts'
import { LANE_RUN } from '../../delivery/types.ts'
import type { Models } from '../../models/connect.ts'
import type { DeliveryReads } from '../../models/deliveries/reads.ts'
import type { ReopenDependencies } from './reopen.ts'

type Dependencies = Pick<ReopenDependencies, 'isRunning'> & {
  models: Models
  reads: DeliveryReads
  /** Runs what waits in these workflows now. */
  wakeWorkflow: (workflow: string) => Promise<void>
}

/** Wakes whoever carries a delivery that is due now. Throws NotTried until its attempt has begun, so that Temporal asks again. */
export async function tryNow(
  { delivery, attempts }: TryNowInput,
  deps: Dependencies,
): Promise<TryNowResult> {
  const [row] = await deps.reads.open([delivery])
  if (!row || row.open || row.attempts > attempts) return 'tried'
  if (row.carrier?.run === LANE_RUN) return 'tried'
  const webhook = await deps.models.webhooks.findById(row.webhook).lean().exec()
  if (ruleOf(webhook, row).rule === 'wait') return 'tried'
  const carrier = row.carrier ?? { workflow: row.workflow }
  if (!(await deps.isRunning(carrier))) return 'orphaned'
  await deps.wakeWorkflow(carrier.workflow)
  const [now] = await deps.reads.open([delivery])
  if (!now || now.open || now.attempts > attempts) return 'tried'
  throw ApplicationFailure.retryable('It is not on its way yet.', FAILURE.notTried)
}
