import {
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  proxyActivities,
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

export type ReplayOutcome = { outcome: 'completed' | 'cancelled' } & ReplayProgress

/**
 * Hands over what a replay takes, page by page; MongoDB holds its state and pages, so this is only the clockwork. Waits
 * while it is paused. Always completes with an outcome; what it handed over is delivered by workflows of its own.
 */
export async function replay(input: ReplayInput): Promise<ReplayOutcome> {
  let changes = 0
  let last: ReplayPageResult | undefined
  setHandler(changed, () => void (changes += 1))
  setHandler(progressQuery, () => last?.progress)
  let turn = input.turn ?? { replay: input.replay, page: 0, chunk: 0, turnMs: 0 }
  for (let pages = 0; pages < PAGES_MAX && !workflowInfo().continueAsNewSuggested; pages++) {
    const seen = changes
    last = await replayPage(turn)
    turn = last.next
    setCurrentDetails(detailsOf(last))
    if (last.state === 'completed' || last.state === 'cancelled')
      return { outcome: last.state, ...last.progress }
    if (last.state === 'paused') await condition(() => changes > seen, LOOK_AGAIN)
  }
  return await continueAsNew<typeof replay>({ ...input, turn })
}

/** Markdown for Temporal Web. */
function detailsOf({ state, progress }: ReplayPageResult): string {
  const { selected, sent, rate } = progress
  const left = Math.max(selected - sent, 0)
  return `**${state}**: ${sent} of ${selected} sent at ${rate}/s, ${left} left (about ${secondsFor(left, rate)} s)`
}
