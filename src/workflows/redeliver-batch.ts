import { proxyLocalActivities } from '@temporalio/workflow'
import type { Activities, ReplayChunk, TargetDeliveries } from '../delivery/contract.ts'
import { deliverToTarget, throughLanesOrCancel } from './deliver-to-target.ts'

const { reopenChunk, countChunk } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '30s',
  localRetryThreshold: '1s',
  retry: { initialInterval: '100ms', backoffCoefficient: 2, maximumInterval: '5s' },
})

/** Delivers a chunk of a replay, each delivery with its whole schedule. Always completes with an outcome. */
export async function redeliverBatch(chunk: ReplayChunk): Promise<{ deliveries: number }> {
  const { targets } = await reopenChunk(chunk)
  const limited = targets.filter((target) => target.limited)
  const free = targets.filter((target) => !target.limited)
  const lanes = limited.length > 0 ? throughLanesOrCancel(limited) : undefined
  const isOver = await deliverTargets(free, { once: true })
  await countChunk(chunk)
  if (!isOver) {
    await deliverTargets(free, { once: false })
    await countChunk(chunk)
  }
  if (lanes) {
    await lanes
    await countChunk(chunk)
  }
  return { deliveries: targets.reduce((sum, target) => sum + target.deliveries.length, 0) }
}

/** Delivers to all targets at once; false where, after `once` around, some deliveries wait for a retry. */
async function deliverTargets(
  targets: TargetDeliveries[],
  options: { once: boolean },
): Promise<boolean> {
  const results = await Promise.all(targets.map((target) => deliverToTarget(target, options)))
  return results.every((result) => result !== undefined)
}
