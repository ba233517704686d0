import { Context } from '@temporalio/activity'
import type { Activities, LaneActivities, LaneInput, ReplayChunk } from '../delivery/contract.ts'
import type { Logger } from '../logger.ts'
import type { Models } from '../models/connect.ts'
import { LaneRows } from '../models/lane-rows.ts'
import { Ledger } from '../models/ledger.ts'
import { isUnavailable } from '../models/patience.ts'
import { Outbox } from '../models/outbox.ts'
import { awaitLanes } from './await-lanes.ts'
import { Backlog } from './backlog.ts'
import { Caps, type CapLimits } from './caps.ts'
import { awaitResume, deliver } from './deliver.ts'
import { LaneBells } from './lane-bells.ts'
import { LaneWaker } from './lane-waker.ts'
import { matchWebhooks } from './match-webhooks.ts'
import { reopen } from './reopen.ts'
import { countChunk, reopenChunk } from './replay-chunk.ts'
import { cancelReplay, replayPage } from './replay-page.ts'
import { sendHeld } from './send-held.ts'
import { Sender, type SenderDependencies } from './sender.ts'
import { Slots } from './slots.ts'

export type ActivityDependencies = Omit<SenderDependencies, 'ledger'> & {
  models: Models
  logger: Logger
  /** Most deliveries that a webhook may be owed at once. */
  backlogMax: number
  /** Starts the lane's workflow, or tells the one that runs. */
  signalLane: (lane: LaneInput) => Promise<void>
  capLimits: CapLimits
  /** Where people find a delivery; undefined where no public address is configured. */
  deliveryUrl: (id: string) => string | undefined
  /** Starts the workflow that sends a chunk; the same chunk again is the same workflow. */
  startChunk: (chunk: ReplayChunk) => Promise<void>
  /** Aborted when the process is to stop: no further attempt begins, open ones end. */
  stopping: AbortSignal
  /** What ingest hears, if it is in this process: the gate opens and the backpressure falls. */
  progress: { matched(workflow: string): void; attempted(workflow: string): void }
}

/** What the activities of a process share. */
type Shared = ActivityDependencies & {
  ledger: Ledger
  outbox: Outbox
  sender: Sender
  laneRows: LaneRows
  caps: Caps
  bells: LaneBells
  waker: LaneWaker
}

/** Everything that workflows may ask for, wired to its dependencies; lanes have a task queue of their own. */
export function createActivities(deps: ActivityDependencies): {
  events: Activities
  lanes: LaneActivities
} {
  const { models, logger } = deps
  const ledger = new Ledger(models)
  const bells = new LaneBells()
  const shared: Shared = {
    ...deps,
    ledger,
    bells,
    outbox: new Outbox(models),
    sender: new Sender({ ...deps, ledger }),
    laneRows: new LaneRows(models),
    caps: new Caps(new Slots(), deps.capLimits),
    waker: new LaneWaker({ bells, signal: deps.signalLane, logger }),
  }
  return {
    events: eventActivities(shared),
    lanes: { sendHeld: (input) => sendHeld(input, shared) },
  }
}

function eventActivities(deps: Shared): Activities {
  const { models, ledger, outbox, laneRows, now, progress } = deps
  const backlog = new Backlog(laneRows, deps.backlogMax)
  const waits = { count: 0 }
  return {
    async matchWebhooks(input) {
      try {
        const result = await matchWebhooks(input, outbox, { ...deps, backlog })
        if (result.targets.length === 0) progress.attempted(input.workflow)
        return result
      } catch (error) {
        // events that wait for MongoDB only must not shut ingest
        if (isUnavailable(error)) progress.attempted(input.workflow)
        throw error
      } finally {
        progress.matched(input.workflow)
      }
    },
    async deliver(input) {
      try {
        return await deliver(input, deps)
      } finally {
        progress.attempted(currentWorkflow())
      }
    },
    awaitResume: (input) => awaitResume(input, deps),
    async cancelDeliveries({ deliveries }) {
      const rows = await ledger.openRows(deliveries)
      const reason = { code: 'workflow_cancelled', detail: 'Its workflow was cancelled.' }
      await ledger.end(rows, 'cancelled', reason, new Date(now()))
    },
    reopen: (input) => reopen(input, deps),
    replayPage: (input) => replayPage(input, deps),
    cancelReplay: (input) => cancelReplay(input, deps),
    reopenChunk: (input) => reopenChunk(input, deps),
    countChunk: (input) => countChunk(input, models),
    async awaitLanes(input) {
      progress.attempted(currentWorkflow())
      return await awaitLanes(input, { ...deps, waits })
    },
  }
}

function currentWorkflow(): string {
  return Context.current().info.workflowExecution?.workflowId ?? ''
}
