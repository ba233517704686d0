import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  isCancellation,
  patched,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow'
import {
  type Activities,
  type DeliverResult,
  type EventName,
  FAILURE,
  type TargetDeliveries,
} from '../delivery/contract.ts'
import { passLimitMs } from '../delivery/pass-limit.ts'
import { throughLanes } from './await-lanes.ts'

/** Times that lost records are stored again before the delivery is given up. */
const REMAKES_MOST = 3

const { cancelDeliveries } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '10s',
  localRetryThreshold: '1s',
})

/** The events of deliveries, which their workflow owns. */
export type Group = {
  events: EventName[]
  /** Stores again what MongoDB lost. */
  remake: () => Promise<unknown>
}
export type TargetOptions = {
  /** Gives up after the first pass. */
  once?: boolean
  /** Without it, deliveries whose record is lost are given up. */
  group?: Group
}

/**
 * Delivers to one webhook until every delivery is finished. Temporal's RetryPolicy carries the waits, the rows count: an
 * activity that ended without finishing them (its worker died, or Temporal's count ran out first) is scheduled again at once.
 * Gives undefined where something is left: after `once` around, or because its record was lost for good.
 */
export async function deliverToTarget(
  target: TargetDeliveries,
  { once = false, group }: TargetOptions = {},
): Promise<DeliverResult | undefined> {
  const { policy, tenant, webhook, name, deliveries } = target
  const input = { tenant, webhook, name, deliveries }
  let maximumAttempts = once ? 1 : policy.maximumAttempts
  let remakes = 0
  for (;;) {
    try {
      return await deliverActivity(target, maximumAttempts).deliver(input)
    } catch (error) {
      if (isCancellation(error)) return await cancelled(target, group, error)
      if (!(error instanceof ActivityFailure)) throw error
      const failure = error.cause instanceof ApplicationFailure ? error.cause : undefined
      if (failure?.type === FAILURE.deliveryFailed) return failure.details?.[0] as DeliverResult
      if (failure?.type === FAILURE.webhookLimited)
        return (await throughLanesOrCancel([target], group))?.[0]
      if (failure?.type === FAILURE.ledgerLost) {
        remakes += 1
        if (!group || remakes > REMAKES_MOST) return undefined
        await group.remake()
        continue
      }
      if (once && failure !== undefined) return undefined
      if (failure?.type === FAILURE.webhookPaused) await resumedOrCancelled(target, group)
      // the first activity shows the promised policy; whatever follows it is counted by the rows alone
      maximumAttempts = once ? 1 : 0
    }
  }
}

function deliverActivity(target: TargetDeliveries, maximumAttempts: number) {
  return proxyActivities<Activities>({
    startToCloseTimeout: passLimitMs(target.timeoutMs),
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

async function resumedOrCancelled(
  target: TargetDeliveries,
  group: Group | undefined,
): Promise<void> {
  try {
    await resumed(target)
  } catch (error) {
    if (isCancellation(error) && patched('cancelled-while-paused'))
      await cancelled(target, group, error)
    throw error
  }
}

/** The lanes send; a workflow that is cancelled meanwhile cancels what they have not sent. Undefined: their record was lost. */
export async function throughLanesOrCancel(
  targets: TargetDeliveries[],
  group?: Group,
): Promise<DeliverResult[] | undefined> {
  for (let remakes = 0; ; remakes++) {
    try {
      return await throughLanes(targets)
    } catch (error) {
      // an activity that failed before it heard of the cancellation is not tried again, and says nothing of it
      if (isCancellation(error) || CancellationScope.current().consideredCancelled) {
        for (const target of targets) await cancelDeliveriesOf(target, group)
        throw isCancellation(error)
          ? error
          : new CancelledFailure('cancelled while its lane held it')
      }
      if (!isLedgerLost(error)) throw error
      if (!group || remakes >= REMAKES_MOST) return undefined
      await group.remake()
    }
  }
}

function isLedgerLost(error: unknown): boolean {
  if (!(error instanceof ActivityFailure) || !(error.cause instanceof ApplicationFailure))
    return false
  return error.cause.type === FAILURE.ledgerLost
}

async function cancelled(
  target: TargetDeliveries,
  group: Group | undefined,
  error: unknown,
): Promise<never> {
  await cancelDeliveriesOf(target, group)
  throw error
}

/** Ends what this workflow carries of these, also after its cancellation. */
export async function cancelDeliveriesOf(
  { deliveries }: Pick<TargetDeliveries, 'deliveries'>,
  { events }: Partial<Group> = {},
): Promise<void> {
  const input = { deliveries, ...(events && { events }) }
  await CancellationScope.nonCancellable(() => cancelDeliveries(input))
}

/** All of these to their end, also where one fails: what it throws is thrown when the others have ended too. */
export async function allEnded<T>(parts: Promise<T>[]): Promise<T[]> {
  try {
    return await Promise.all(parts)
  } catch (error) {
    if (patched('all-ended')) await Promise.allSettled(parts)
    throw error
  }
}
