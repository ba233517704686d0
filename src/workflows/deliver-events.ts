import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'
import {
  ApplicationFailure,
  proxyLocalActivities,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import {
  type Activities,
  type DeliverEventsInput,
  type DeliverResult,
  FAILURE,
  type MatchResult,
  type TargetDeliveries,
} from '../delivery/contract.ts'
import { SEARCH_ATTRIBUTE_MAX } from '../delivery/search-attributes.ts'
import { deliverToTarget, throughLanesOrCancel } from './deliver-to-target.ts'
import { renderProgress } from './render-progress.ts'

const DELIVERY_STATE = defineSearchAttributeKey('DeliveryState', SearchAttributeType.KEYWORD)
const WEBHOOK_IDS = defineSearchAttributeKey('WebhookIds', SearchAttributeType.KEYWORD_LIST)

const { matchWebhooks } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '30s',
  // a lookup that MongoDB keeps waiting gives its workflow task back and waits on the server
  localRetryThreshold: '1s',
  retry: { initialInterval: '100ms', backoffCoefficient: 2, maximumInterval: '5s' },
})

export type DeliverEventsResult = Omit<MatchResult, 'targets'> & {
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
  const { targets, ...matched } = await matchWebhooks({
    workflow: workflowId,
    events: input.events,
    reset: runId !== firstExecutionRunId,
  })
  const results = await deliverAll(input, targets)
  const failed = results.filter((result) => result.failed > 0)
  if (failed.length > 0) throw deliveriesFailed(results, failed)
  const delivered = results.reduce((sum, result) => sum + result.delivered, 0)
  return { events: input.events.length, delivered, ...matched, targets: results }
}

async function deliverAll(
  input: DeliverEventsInput,
  targets: TargetDeliveries[],
): Promise<DeliverResult[]> {
  const results = new Map<string, DeliverResult>()
  const show = () => setCurrentDetails(renderProgress(input.events, targets, results))
  show()
  let marked = false
  const came = (result: DeliverResult) => {
    results.set(result.webhook, result)
    show()
    if (result.failed === 0 || marked) return
    marked = true // operators find the workflow now, though others of its targets may go on for days
    markFailed(targets)
  }
  const limited = targets.filter((target) => target.limited)
  await Promise.all([
    ...targets
      .filter((target) => !target.limited)
      .map(async (target) => {
        const result = await deliverToTarget(target)
        if (result) came(result)
      }),
    ...(limited.length > 0 ? [throughLanesOrCancel(limited).then((all) => all.forEach(came))] : []),
  ])
  return targets.flatMap((target) => results.get(target.webhook) ?? [])
}

function markFailed(targets: TargetDeliveries[]): void {
  const webhooks = [...new Set(targets.map((target) => target.webhook))]
  upsertSearchAttributes([
    { key: DELIVERY_STATE, value: 'failed' },
    { key: WEBHOOK_IDS, value: webhooks.slice(0, SEARCH_ATTRIBUTE_MAX) },
  ])
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
