import {
  ActivityCancellationType,
  isCancellation,
  patched,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow'
import type {
  Activities,
  DeliverResult,
  RedeliverInput,
  ReopenResult,
  TryNowResult,
} from '../delivery/contract.ts'
import { cancelDeliveriesOf, deliverToTarget, throughLanesOrCancel } from './deliver-to-target.ts'
import { StateMark } from './state-mark.ts'

/** A carrier that is gone is replaced; should that happen again and again, the sweep finds the row. */
const TAKE_OVERS_MOST = 5

const { reopen } = proxyLocalActivities<Activities>({
  // to its end, so that a cancelled workflow knows what it has opened and ends that too
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  startToCloseTimeout: '30s',
  localRetryThreshold: '1s',
  retry: { initialInterval: '100ms', backoffCoefficient: 2, maximumInterval: '5s' },
})

export type RedeliverResult =
  { outcome: 'gone' | 'retried' | 'lost' } | ({ outcome: 'finished' } & DeliverResult)

/**
 * Delivers one delivery again: a finished one with its whole schedule, on the same row; one that is not finished is tried
 * now, and whoever carries it goes on with the schedule. Always completes with an outcome; what failed again is marked.
 */
export async function redeliver(input: RedeliverInput): Promise<RedeliverResult> {
  return redeliverRow(input, { once: input.round === 'now', mark: new StateMark() })
}

/** `once` matters to histories of earlier versions alone: there two carriers could have a row. */
export async function redeliverRow(
  input: RedeliverInput,
  options: { once: boolean; mark: StateMark },
): Promise<RedeliverResult> {
  for (let takeOvers = 0; ; takeOvers++) {
    const reopened = await reopenedOrCancelled(input)
    const { target, carries, elsewhere } = reopened
    if (elsewhere === 'workflow') {
      const tried = await triedNow(input, reopened)
      if (tried === 'orphaned' && takeOvers < TAKE_OVERS_MOST) continue
      return { outcome: 'retried' }
    }
    if (elsewhere) return { outcome: 'retried' }
    if (!target) return { outcome: 'gone' }
    const once = options.once && !carries
    if (target.limited && once) return { outcome: 'retried' }
    const result = target.limited
      ? (await throughLanesOrCancel([target]))?.[0]
      : await deliverToTarget(target, { once })
    if (result) {
      if (result.failed > 0 && patched('failed-again')) options.mark.trouble('failed')
      return { outcome: 'finished', ...result }
    }
    return { outcome: carries ? 'lost' : 'retried' }
  }
}

async function reopenedOrCancelled(input: RedeliverInput): Promise<ReopenResult> {
  try {
    return await reopen(input)
  } catch (error) {
    // nobody knows what became of a try that was not heard of
    if (isCancellation(error) && patched('cancelled-reopen'))
      await cancelDeliveriesOf({ deliveries: [input.delivery] })
    throw error
  }
}

function triedNow(
  { delivery }: RedeliverInput,
  { attempts = 0 }: ReopenResult,
): Promise<TryNowResult> {
  const { tryNow } = proxyActivities<Activities>({
    startToCloseTimeout: '30s',
    summary: 'try now',
    retry: { initialInterval: '500ms', backoffCoefficient: 1.5, maximumInterval: '10s' },
  })
  return tryNow({ delivery, attempts })
}
