import {
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import {
  type Activities,
  REPLAY_CHANGED,
  type ReplayInput,
  type ReplayPageResult,
  type ReplayProgress,
} from '../delivery/contract.ts'
import { secondsFor } from '../delivery/replay-pace.ts'

/** Pages of a run: history stays below 1,000 events. */
const PAGES_MAX = 100
/** A paused replay looks at its state this often, should the signal have been lost. */
const LOOK_AGAIN = '1h'

const changed = defineSignal(REPLAY_CHANGED)
const progressQuery = defineQuery<ReplayProgress | undefined>('progress')

const { replayPage } = proxyActivities<Activities>({
  startToCloseTimeout: '5m',
  heartbeatTimeout: '10s',
  summary: 'next page',
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '10s' },
})

const { cancelReplay } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '10s',
  localRetryThreshold: '1s',
})

export type ReplayOutcome = { outcome: 'completed' | 'cancelled' } & ReplayProgress
type Run = { last: ReplayPageResult | undefined; changes: number }

/**
 * Hands over what a replay takes, page by page; MongoDB holds its state and pages, so this is only the clockwork. Waits
 * while it is paused. Always completes with an outcome; what it handed over is delivered by workflows of its own.
 */
export async function replay(input: ReplayInput): Promise<ReplayOutcome> {
  const run: Run = { last: undefined, changes: 0 }
  setHandler(changed, () => void (run.changes += 1))
  setHandler(progressQuery, () => run.last?.progress)
  try {
    return await handOver(input, run)
  } catch (error) {
    if (!isCancellation(error)) throw error
    await CancellationScope.nonCancellable(() => cancelReplay({ replay: input.replay }))
    return outcomeOf('cancelled', run)
  }
}

async function handOver(input: ReplayInput, run: Run): Promise<ReplayOutcome> {
  let turn = input.turn ?? { replay: input.replay, page: 0, chunk: 0, turnMs: 0 }
  for (let pages = 0; pages < PAGES_MAX && !workflowInfo().continueAsNewSuggested; pages++) {
    const seen = run.changes
    run.last = await replayPage(turn)
    turn = run.last.next
    setCurrentDetails(detailsOf(run.last))
    const { state } = run.last
    if (state === 'completed' || state === 'cancelled') return outcomeOf(state, run)
    if (state === 'paused') await condition(() => run.changes > seen, LOOK_AGAIN)
  }
  return await continueAsNew<typeof replay>({ ...input, turn })
}

function outcomeOf(outcome: ReplayOutcome['outcome'], { last }: Run): ReplayOutcome {
  return { outcome, ...(last?.progress ?? { selected: 0, sent: 0, rate: 0 }) }
}

/** Markdown for Temporal Web. */
function detailsOf({ state, progress }: ReplayPageResult): string {
  const { selected, sent, rate } = progress
  const left = Math.max(selected - sent, 0)
  return `**${state}**: ${sent} of ${selected} sent at ${rate}/s, ${left} left (about ${secondsFor(left, rate)} s)`
}
