import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow'
import type { Activities, DeliverResult, TargetDeliveries } from '../delivery/contract.ts'

/** Waits until the lanes of rate-limited webhooks are through with these deliveries; one durable wait for all of them. */
export async function throughLanes(targets: TargetDeliveries[]): Promise<DeliverResult[]> {
  const [first] = targets
  const { awaitLanes } = proxyActivities<Activities>({
    startToCloseTimeout: '60s',
    heartbeatTimeout: '5s',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    summary: `lane → ${first?.name}${targets.length > 1 ? ` and ${targets.length - 1} more` : ''}`,
    retry: { initialInterval: '1s', backoffCoefficient: 1 },
  })
  return await awaitLanes(
    targets.map(({ tenant, webhook, name, deliveries }) => ({ tenant, webhook, name, deliveries })),
  )
}
