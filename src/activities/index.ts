import type {
  Activities,
  LaneActivities,
  LaneInput,
  MatchInput,
  ReplayChunk,
} from '../delivery/contract.ts'
import type { EventEnvelope } from '../delivery/types.ts'
import type { Logger } from '../logger.ts'
import type { Models } from '../models/connect.ts'
import type { DeliveryChanges } from '../models/deliveries/changes.ts'
import { Claims } from '../models/deliveries/claims.ts'
import { DeliveryReads } from '../models/deliveries/reads.ts'
import { LaneRows } from '../models/deliveries/lane-rows.ts'
import { FirstRows } from '../models/deliveries/first-rows.ts'
import { Records } from '../models/deliveries/records.ts'
import { FirstAttempts, type Match } from './first/first-attempts.ts'
import { Outbox } from '../models/deliveries/outbox.ts'
import { awaitLanes } from './lane/await-lanes.ts'
import { Backlog } from './match/backlog.ts'
import { cancelDeliveries } from './deliver/cancel-deliveries.ts'
import type { CapLimits } from '../delivery/open-requests.ts'
import { Caps } from './deliver/caps.ts'
import { awaitResume, deliver, ownCarrier } from './deliver/deliver.ts'
import { deliverShare } from './deliver/deliver-share.ts'
import { LaneBells } from './lane/bells.ts'
import { LaneWaker } from './lane/waker.ts'
import { matchWebhooks } from './match/match-webhooks.ts'
import { askedAtMs } from './match/overtaken.ts'
import { reopen, type ReopenDependencies } from './deliver/reopen.ts'
import { countChunk, reopenChunk } from './replay/chunk.ts'
import { cancelReplay, replayPage } from './replay/page.ts'
import { sendHeld } from './lane/send-held.ts'
import { Sender, type SenderDependencies } from './deliver/sender.ts'
import { tryNow } from './deliver/try-now.ts'

export type ActivityDependencies = Omit<SenderDependencies, 'claims'> & {
  models: Models
  changes: DeliveryChanges
  logger: Logger
  /** Most deliveries that a webhook may be owed at once. */
  backlogMax: number
  isRunning: ReopenDependencies['isRunning']
  /** Runs what waits in this workflow now. */
  wakeWorkflow: (workflow: string) => Promise<void>
  /** Starts the lane's workflow, or tells the one that runs. */
  signalLane: (lane: LaneInput) => Promise<void>
  capLimits: CapLimits
  /** Where people find a delivery; undefined where no public address is configured. */
  deliveryUrl: (id: string) => string | undefined
  /** Starts the workflow that sends a chunk; the same chunk again is the same workflow. */
  startChunk: (chunk: ReplayChunk) => Promise<void>
  /** Aborted when the process is to stop: no further attempt begins, open ones end. */
  stopping: AbortSignal
  /** What ingest hears, if it is in this process: the gate opens, the backpressure falls, and groups get their size. */
  progress: {
    matched(workflow: string): void
    attempted(workflow: string): void
    fanOut: { note(event: EventEnvelope, deliveries: number): void }
  }
}

/** What the activities of a process share. */
type Shared = ActivityDependencies & {
  claims: Claims
  reads: DeliveryReads
  outbox: Outbox
  first: FirstAttempts
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
  first: FirstAttempts
} {
  const { models, changes, logger } = deps
  const records = new Records(models)
  const claims = new Claims(models, records)
  const bells = new LaneBells()
  const shared = {
    ...deps,
    claims,
    bells,
    reads: new DeliveryReads(models),
    sender: new Sender({ ...deps, claims }),
    laneRows: new LaneRows(models),
    caps: new Caps(deps.capLimits, deps),
    waker: new LaneWaker({ bells, signal: deps.signalLane, logger }),
  }
  const outbox = new Outbox(models, changes)
  const backlog = new Backlog(shared.laneRows, deps.backlogMax)
  const { fanOut } = deps.progress
  const match: Match = (input, carrier, from) =>
    matchWebhooks(input, outbox, { ...deps, ...from, backlog, carrier, fanOut })
  const first = new FirstAttempts(match, {
    ...shared,
    firstRows: new FirstRows(models, records),
  })
  return {
    events: eventActivities({ ...shared, outbox, first }),
    lanes: { sendHeld: (input) => sendHeld(input, shared) },
    first,
  }
}

function eventActivities(deps: Shared): Activities {
  const { models, first } = deps
  const waits = { count: 0 }
  return {
    matchWebhooks: (input) => first.matched(input, ownCarrier(), askedAtMs()),
    firstAttempts: (input) => first.of(input, ownCarrier()),
    firstAttemptsOfShares: ({ of }) => first.ofShares(of, ownCarrier()),
    deliver: (input) => deliver(input, deps),
    deliverShare: (input) => deliverShare(input, deps),
    awaitResume: (input) => awaitResume(input, deps),
    cancelDeliveries: (input) => {
      const carrier = ownCarrier()
      const match = (again: MatchInput) => first.matched(again, carrier)
      return cancelDeliveries(input, carrier, { ...deps, match })
    },
    reopen: (input) => reopen(input, ownCarrier(), deps),
    tryNow: (input) => tryNow(input, deps),
    replayPage: (input) => replayPage(input, deps),
    cancelReplay: (input) => cancelReplay(input, deps),
    reopenChunk: (input) => reopenChunk(input, ownCarrier(), deps),
    countChunk: (input) => countChunk(input, models),
    awaitLanes: (input) => awaitLanes(input, { ...deps, waits }),
  }
}
