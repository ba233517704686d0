import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow'
import {
  type Activities,
  type DeliverResult,
  FAILURE,
  type TargetDeliveries,
} from '../delivery/contract.ts'
import { throughLanes } from './await-lanes.ts'

/** Covers an attempt's own deadline, the wait for others of its round, and the recording. */
const ROUND_MARGIN_MS = 35_000

const { cancelDeliveries } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '10s',
  localRetryThreshold: '1s',
})

/**
 * Delivers to one webhook until every delivery is finished. Temporal's RetryPolicy carries the waits, the ledger counts:
 * an activity that ended without finishing them (its worker died, or Temporal's count ran out before the ledger's) is
 * scheduled again at once (engine.md §3.7). With `once` it gives up after the first round instead.
 */
export async function deliverToTarget(
  target: TargetDeliveries,
  options: { once: boolean } = { once: false },
): Promise<DeliverResult | undefined> {
  const { policy, tenant, webhook, name, deliveries } = target
  const input = { tenant, webhook, name, deliveries }
  let maximumAttempts = options.once ? 1 : policy.maximumAttempts
  for (;;) {
    try {
      return await deliverActivity(target, maximumAttempts).deliver(input)
    } catch (error) {
      if (isCancellation(error)) return await cancelled(target, error)
      if (!(error instanceof ActivityFailure)) throw error
      const failure = error.cause instanceof ApplicationFailure ? error.cause : undefined
      if (failure?.type === FAILURE.deliveryFailed) return failure.details?.[0] as DeliverResult
      if (failure?.type === FAILURE.webhookLimited) return (await throughLanesOrCancel([target]))[0]
      if (options.once && failure !== undefined) return undefined
      if (failure?.type === FAILURE.webhookPaused) await resumed(target)
      // the first activity shows the promised policy; whatever follows it is counted by the ledger alone
      maximumAttempts = 0
    }
  }
}

function deliverActivity(target: TargetDeliveries, maximumAttempts: number) {
  return proxyActivities<Activities>({
    startToCloseTimeout: target.timeoutMs + ROUND_MARGIN_MS,
    heartbeatTimeout: '10s',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    summary: `POST → ${target.name}`,
    retry: {
      initialInterval: target.policy.initialInterval,
      backoffCoefficient: target.policy.backoffCoefficient,
      maximumInterval: target.policy.maximumInterval,
      ...(maximumAttempts > 0 ? { maximumAttempts } : {}),
      nonRetryableErrorTypes: ['TemporalTimeout:Heartbeat', 'TemporalTimeout:StartToClose'],
    },
  })
}

/** Waits while the webhook is paused and owed something: one activity that Temporal retries, so a long pause adds no history. */
async function resumed({ webhook, deliveries }: TargetDeliveries): Promise<void> {
  const { awaitResume } = proxyActivities<Activities>({
    startToCloseTimeout: '30s',
    summary: 'paused',
    retry: { initialInterval: '2s', backoffCoefficient: 1.5, maximumInterval: '30s' },
  })
  await awaitResume({ webhook, deliveries })
}

/** The lanes send; a workflow that is cancelled meanwhile cancels what they have not sent. */
export async function throughLanesOrCancel(targets: TargetDeliveries[]): Promise<DeliverResult[]> {
  try {
    return await throughLanes(targets)
  } catch (error) {
    if (isCancellation(error)) for (const target of targets) await cancelDeliveriesOf(target)
    throw error
  }
}

async function cancelled(target: TargetDeliveries, error: unknown): Promise<never> {
  await cancelDeliveriesOf(target)
  throw error
}

async function cancelDeliveriesOf({ deliveries }: TargetDeliveries): Promise<void> {
  await CancellationScope.nonCancellable(() => cancelDeliveries({ deliveries }))
}
