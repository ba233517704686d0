import { proxyLocalActivities } from '@temporalio/workflow'
import type { Activities, DeliverResult, RedeliverInput } from '../delivery/contract.ts'
import { deliverToTarget, throughLanesOrCancel } from './deliver-to-target.ts'

const { reopen } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '30s',
  localRetryThreshold: '1s',
  retry: { initialInterval: '100ms', backoffCoefficient: 2, maximumInterval: '5s' },
})

export type RedeliverResult =
  { outcome: 'gone' | 'retried' } | ({ outcome: 'finished' } & DeliverResult)

/**
 * Delivers one delivery again: a finished one with its whole schedule, on the same row; one that is not finished is tried
 * now, and its own workflow goes on with the schedule. Always completes with an outcome (engine.md §0.2, 8–9).
 */
export async function redeliver(input: RedeliverInput): Promise<RedeliverResult> {
  return redeliverRow(input, { once: input.round === 'now' })
}

/** With `once` the row is tried now, and whoever owns it goes on with its schedule. */
export async function redeliverRow(
  input: RedeliverInput,
  options: { once: boolean },
): Promise<RedeliverResult> {
  const { target } = await reopen(input)
  if (!target) return { outcome: 'gone' }
  if (target.limited && options.once) return { outcome: 'retried' }
  const result = target.limited
    ? (await throughLanesOrCancel([target]))[0]
    : await deliverToTarget(target, options)
  return result ? { outcome: 'finished', ...result } : { outcome: 'retried' }
}
