import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
} from '@temporalio/workflow'
import {
  type Activities,
  type DeliverResult,
  FAILURE,
  type ShareInput,
} from '../delivery/contract.ts'
import { firstAttemptsOfShares } from './first-attempts.ts'
import { allEnded, type Group } from './deliver-to-target.ts'
import type { StateMark } from './state-mark.ts'

/** Times that lost records are stored again before a share is given up. */
const REMAKES_MOST = 3

const { cancelDeliveries } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '30s',
  localRetryThreshold: '1s',
})

type Wide = Group & {
  mark: StateMark
  /** First attempts are under way: what they finish is no longer the shares'. */
  begun: boolean | undefined
}

/** Delivers what has too many targets for an activity each: activities that share them, all at once, each to its end. */
export async function deliverShares(of: number, wide: Wide): Promise<DeliverResult[]> {
  const results: DeliverResult[] = []
  const show = () => setCurrentDetails(`${results.length} of ${of} shares are finished.`)
  show()
  const { events } = wide
  const made = wide.begun ? await firstAttemptsOfShares({ events, of }) : []
  await allEnded(
    Array.from({ length: of }, async (_, share) => {
      const left = made[share]?.left
      if (left) wide.mark.trouble(left)
      const result = made[share]?.result ?? (await deliverToShare({ events, share, of }, wide))
      if (result.failed > 0) wide.mark.trouble('failed')
      results.push(result)
      show()
    }),
  )
  // those without a failure say nothing that the sums do not
  return results.map((result) => (result.failed > 0 ? result : { ...result, deliveries: [] }))
}

async function deliverToShare(input: ShareInput, { remake }: Wide): Promise<DeliverResult> {
  for (let remakes = 0; ;) {
    try {
      return await shareActivity(input).deliverShare(input)
    } catch (error) {
      if (isCancellation(error)) {
        await CancellationScope.nonCancellable(() => cancelDeliveries(input))
        throw error
      }
      if (!(error instanceof ActivityFailure)) throw error
      const failure = error.cause instanceof ApplicationFailure ? error.cause : undefined
      if (failure?.type === FAILURE.deliveryFailed) return failure.details?.[0] as DeliverResult
      if (failure?.type !== FAILURE.ledgerLost) continue
      remakes += 1
      if (remakes > REMAKES_MOST) throw error
      await remake()
    }
  }
}

function shareActivity({ share, of }: ShareInput) {
  return proxyActivities<Activities>({
    // it stays for a minute, and what it began then may wait for another's attempt and make its own
    startToCloseTimeout: '5m',
    heartbeatTimeout: '10s',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    summary: `POST → share ${share + 1} of ${of}`,
    retry: {
      initialInterval: '1s',
      backoffCoefficient: 1,
      nonRetryableErrorTypes: ['TemporalTimeout:Heartbeat', 'TemporalTimeout:StartToClose'],
    },
  })
}
