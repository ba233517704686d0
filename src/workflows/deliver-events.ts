import {
  ApplicationFailure,
  CancellationScope,
  proxyLocalActivities,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow'
import {
  type Activities,
  type DeliverEventsInput,
  type DeliverResult,
  FAILURE,
  type MatchInput,
  type MatchResult,
  type TargetDeliveries,
} from '../delivery/contract.ts'
import { deliverShares } from './deliver-shares.ts'
import { firstAttemptsOf } from './first-attempts.ts'
import { allEnded, deliverToTarget, type Group, throughLanesOrCancel } from './deliver-to-target.ts'
import { renderProgress } from './render-progress.ts'
import { StateMark } from './state-mark.ts'

const { matchWebhooks } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '30s',
  summary: 'which webhooks match',
  // a lookup that MongoDB keeps waiting gives its workflow task back and waits on the server
  localRetryThreshold: '1s',
  retry: { initialInterval: '100ms', backoffCoefficient: 2, maximumInterval: '5s' },
})

export type DeliverEventsResult = Omit<MatchResult, 'targets' | 'shares'> & {
  events: number
  delivered: number
  targets: DeliverResult[]
}

/**
 * Delivers a group of events: looks up the matching webhooks, stores what is owed, and runs one durable `deliver`
 * activity per webhook, all in parallel. Fails with DeliveriesFailed when a delivery is used up, so that operators
 * find it by ExecutionStatus='Failed' and can reset it: a reset sends only what is not delivered.
 */
export async function deliverEvents(input: DeliverEventsInput): Promise<DeliverEventsResult> {
  const { workflowId, runId, firstExecutionRunId } = workflowInfo()
  const match = (how: Pick<MatchInput, 'reset' | 'again'>) =>
    // to its end, so that a cancelled workflow knows what it has stored and ends that too
    CancellationScope.nonCancellable(() =>
      matchWebhooks({ workflow: workflowId, events: input.events, ...how }),
    )
  const { targets, shares, begun, reset, ...matched } = await match({
    reset: runId !== firstExecutionRunId,
  })
  const events = input.events.map(({ tenant, id }) => ({ tenant, id }))
  const group = { events, remake: () => match({ reset: false, again: true }) }
  const mark = new StateMark(targets.map((one) => one.webhook))
  const results = shares
    ? await deliverShares(shares, { ...group, mark, begun })
    : await deliverAll(input, targets, { group, mark, begun })
  const failed = results.filter((result) => result.failed > 0)
  if (failed.length > 0) throw deliveriesFailed(results, failed)
  const delivered = results.reduce((sum, result) => sum + result.delivered, 0)
  const left = results.some((result) => result.other > 0)
  mark.over(left ? 'cancelled' : 'delivered', { mended: reset === true && delivered > 0 })
  return { events: input.events.length, delivered, ...matched, targets: results }
}

async function deliverAll(
  input: DeliverEventsInput,
  targets: TargetDeliveries[],
  { group, mark, begun }: { group: Group; mark: StateMark; begun: boolean | undefined },
): Promise<DeliverResult[]> {
  const results = new Map<TargetDeliveries, DeliverResult>()
  const show = () => setCurrentDetails(renderProgress(input.events, targets, results))
  show()
  const came = (target: TargetDeliveries, result = lost(target)) => {
    results.set(target, result)
    show()
    // operators find the workflow now, though others of its targets may go on for days
    if (result.failed > 0) mark.trouble('failed')
  }
  const limited = targets.filter((target) => target.limited)
  const throughLanes = async () => {
    const all = await throughLanesOrCancel(limited, group)
    for (const [index, target] of limited.entries()) came(target, all?.[index])
  }
  await allEnded([
    ...targets
      .filter((target) => !target.limited)
      .map(async (target) => {
        const made = begun ? await firstAttemptsOf(target) : {}
        if (made.left) mark.trouble(made.left)
        came(target, made.result ?? (await deliverToTarget(target, { group })))
      }),
    ...(limited.length > 0 ? [throughLanes()] : []),
  ])
  return targets.flatMap((target) => results.get(target) ?? [])
}

/** What is told of deliveries whose record MongoDB lost again and again: they are not delivered, and operators see it. */
function lost({ webhook, name, deliveries }: TargetDeliveries): DeliverResult {
  const reason = 'ledger_lost: MongoDB lost its record, again and again.'
  const summaries = deliveries.map((id) => ({ id, state: 'failed', reason, attempts: [] }))
  const failed = deliveries.length
  return { webhook, name, delivered: 0, failed, other: 0, deliveries: summaries.slice(0, 50) }
}

function deliveriesFailed(results: DeliverResult[], failed: DeliverResult[]): ApplicationFailure {
  const count = failed.reduce((sum, result) => sum + result.failed, 0)
  const all = results.reduce((sum, one) => sum + one.delivered + one.failed + one.other, 0)
  const reason = failed[0]?.deliveries[0]?.reason ?? 'see details'
  const names = failed.map((result) => result.name).slice(0, 5)
  return ApplicationFailure.create({
    type: FAILURE.deliveriesFailed,
    nonRetryable: true,
    message: `${count} of ${all} deliveries failed: ${names.join(', ')} (${reason})`,
    details: failed.slice(0, 20),
  })
}
