import { CancellationScope, proxyLocalActivities } from '@temporalio/workflow'
import type {
  Activities,
  FirstResult,
  SharesInput,
  TargetDeliveries,
} from '../delivery/contract.ts'

const OPTIONS = {
  startToCloseTimeout: '30s',
  // rows that MongoDB keeps waiting give their workflow task back
  localRetryThreshold: '1s',
  retry: { initialInterval: '100ms', backoffCoefficient: 2, maximumInterval: '5s' },
} as const

/**
 * What the first attempts of a target came to, which are under way in this process since before this workflow began: all of
 * it, or nothing where some are left. A cancelled workflow hears of it too, since it ends what is left.
 */
export function firstAttemptsOf(target: TargetDeliveries): Promise<FirstResult> {
  const { tenant, webhook, name, deliveries } = target
  const { firstAttempts } = proxyLocalActivities<Activities>({
    ...OPTIONS,
    summary: `POST → ${name}`,
  })
  return CancellationScope.nonCancellable(() =>
    firstAttempts({ tenant, webhook, name, deliveries }),
  )
}

/** The same for each share of a wide event, in their order. */
export function firstAttemptsOfShares(shares: SharesInput): Promise<FirstResult[]> {
  const activities = proxyLocalActivities<Activities>({
    ...OPTIONS,
    summary: `POST → ${shares.of} shares`,
  })
  return CancellationScope.nonCancellable(() => activities.firstAttemptsOfShares(shares))
}
