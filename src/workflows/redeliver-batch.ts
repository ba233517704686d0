import {
  ActivityCancellationType,
  CancellationScope,
  isCancellation,
  patched,
  proxyLocalActivities,
} from '@temporalio/workflow'
import type { Activities, ReplayChunk, TargetDeliveries } from '../delivery/contract.ts'
import {
  allEnded,
  cancelDeliveriesOf,
  deliverToTarget,
  throughLanesOrCancel,
} from './deliver-to-target.ts'

const { reopenChunk, countChunk } = proxyLocalActivities<Activities>({
  // to its end, so that what it opens is opened before a cancelled chunk ends that
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  startToCloseTimeout: '30s',
  localRetryThreshold: '1s',
  retry: { initialInterval: '100ms', backoffCoefficient: 2, maximumInterval: '5s' },
})

/** Delivers a chunk of a replay, each delivery with its whole schedule. Always completes with an outcome. */
export async function redeliverBatch(chunk: ReplayChunk): Promise<{ deliveries: number }> {
  try {
    return await redeliverTargets(chunk)
  } catch (error) {
    if (isCancellation(error) && patched('cancelled-chunk-is-ended')) {
      // also what a try of reopenChunk owed that nobody heard of, and what waited for its second round
      await cancelDeliveriesOf({ deliveries: chunk.items.map((item) => item.delivery) })
      await CancellationScope.nonCancellable(() => countChunk(chunk))
    }
    throw error
  }
}

async function redeliverTargets(chunk: ReplayChunk): Promise<{ deliveries: number }> {
  const { targets } = await reopenChunk(chunk)
  const limited = targets.filter((target) => target.limited)
  const free = targets.filter((target) => !target.limited)
  const lanes = limited.length > 0 ? throughLanesOrCancel(limited) : undefined
  // also where the free targets are cancelled first, so that its rejection is nobody's surprise
  const lanesEnded = lanes?.catch(() => undefined)
  try {
    await deliverFree(chunk, free)
    if (lanes) {
      await lanes
      await countChunk(chunk)
    }
  } catch (error) {
    await lanesEnded
    throw error
  }
  return { deliveries: sizeOf(targets) }
}

/** Each target once, so that the count shows what is through, then with the rest of its schedule. */
async function deliverFree(chunk: ReplayChunk, free: TargetDeliveries[]): Promise<void> {
  const isOver = await deliverTargets(free, { once: true })
  await countChunk(chunk)
  if (isOver) return
  await deliverTargets(free, { once: false })
  await countChunk(chunk)
}

function sizeOf(targets: TargetDeliveries[]): number {
  return targets.reduce((sum, target) => sum + target.deliveries.length, 0)
}

/** Delivers to all targets at once; false where, after `once` around, some deliveries wait for a retry. */
async function deliverTargets(
  targets: TargetDeliveries[],
  options: { once: boolean },
): Promise<boolean> {
  const results = await allEnded(targets.map((target) => deliverToTarget(target, options)))
  return results.every((result) => result !== undefined)
}
