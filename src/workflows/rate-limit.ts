import {
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  patched,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import {
  LANE_SIGNAL,
  type LaneActivities,
  type LaneInput,
  type LanePassResult,
  type LaneView,
} from '../delivery/contract.ts'
import { renderLane } from './render-lane.ts'

/** Signals of a run before it continues as a new one; Temporal refuses more than 10,000. */
const SIGNALS_MAX = 5_000
/**
 * Events of a run before it does: a worker that is new to it begins with all of them, and one that has not done with that when
 * its workflow task times out begins again, with more of them each time.
 */
const HISTORY_MAX = 250

/** A lane without a sign of life for 1.5 s is taken over at once; one whose passes fail for good is tried less and less. */
const { sendHeld } = proxyActivities<LaneActivities>({
  startToCloseTimeout: '120s',
  heartbeatTimeout: '1.5s',
  summary: 'send what is held',
  retry: { initialInterval: '50ms', backoffCoefficient: 2, maximumInterval: '5s' },
})

const held = defineSignal(LANE_SIGNAL.held)
const changed = defineSignal(LANE_SIGNAL.changed)
const lane = defineQuery<LaneView | undefined>('lane')

/**
 * The lane of a rate-limited webhook: sends what is held, sleeps until the next free slot, and ends when nothing is left.
 * Signals only count: the queue is in MongoDB, so that a hundred thousand waiting deliveries cost this workflow nothing.
 */
export async function rateLimit(input: LaneInput): Promise<LaneView> {
  let news = 0
  let changes = 0
  let signals = 0
  let view: LanePassResult | undefined
  setHandler(held, () => {
    news += 1
    signals += 1
  })
  setHandler(changed, () => {
    news += 1
    changes += 1
    signals += 1
  })
  setHandler(lane, () => view, {
    description:
      'How the lane stands: its limit, what is held and retrying, when its next slot is free',
  })
  for (;;) {
    news = 0
    changes = 0
    view = await sendHeld(input)
    setCurrentDetails(renderLane(input, view))
    const { continueAsNewSuggested, historyLength } = workflowInfo()
    const isLong = continueAsNewSuggested || signals >= SIGNALS_MAX
    if (isLong || (historyLength >= HISTORY_MAX && patched('short-runs')))
      await continueAsNew<typeof rateLimit>(input)
    if (view.next === 'now') continue
    // a delivery more changes nothing about when the next slot is free
    if (view.next === 'slot') await condition(() => changes > 0, Math.max(view.inMs, 1))
    else if (view.next === 'due') await condition(() => news > 0, Math.max(view.inMs, 1))
    else if (news === 0) return view
  }
}
