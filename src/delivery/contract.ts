import type { EventEnvelope } from './types.ts'
import type { RetryPolicyMs } from './schedule.ts'

export type DeliverEventsInput = { events: EventEnvelope[] }

/** One webhook and the deliveries of the group that go to it: the input of one `deliver` activity. */
export type TargetDeliveries = {
  tenant: string
  webhook: string
  name: string
  /** Ids of the rows that are still owed. */
  deliveries: string[]
  policy: RetryPolicyMs
  timeoutMs: number
  /** The webhook has a rate limit: its lane sends, and the workflow only waits. */
  limited?: boolean | undefined
}

/** Which event of which tenant. */
export type EventName = Pick<EventEnvelope, 'tenant' | 'id'>
/** What is to end, and the events that it is of, where this workflow owns them: a row of theirs may be still to store. */
export type CancelInput = { deliveries: string[]; events?: EventName[] }

export type MatchInput = {
  workflow: string
  events: EventEnvelope[]
  /** The run was made by a reset: what failed is owed again, and an older run's senders are locked out. */
  reset: boolean
  /** MongoDB has lost what this run had stored: it is stored again. */
  again?: boolean
}
export type MatchResult = {
  targets: TargetDeliveries[]
  /** Too many targets for an activity each: none is named, and this many activities share them. */
  shares?: number
  /** Rows that were recorded without being owed: the webhook was paused or disabled. */
  skipped: number
  /** Events that another workflow delivers. */
  elsewhere: number
  /** A reset found no record of its events any more: nothing is sent. */
  purged: number
  /** First attempts are under way in this process: firstAttempts tells what they came to. Absent from earlier histories. */
  begun?: boolean
  /** The run was made by a reset. Absent from earlier histories. */
  reset?: true
}

/** Histories of earlier versions name no deliveries. */
export type AwaitResumeInput = { webhook: string; deliveries?: string[] }

export type DeliverInput = Pick<TargetDeliveries, 'tenant' | 'webhook' | 'name' | 'deliveries'>

/** One delivery as the history shows it; attempts as text, without bodies. */
export type DeliverySummary = { id: string; state: string; reason?: string; attempts: string[] }
export type DeliverResult = {
  webhook: string
  name: string
  delivered: number
  failed: number
  /** Cancelled, or taken over and finished by another workflow. */
  other: number
  /** At most 50; the failed ones first. */
  deliveries: DeliverySummary[]
}

/**
 * What the first attempts of a target or a share came to; without a result, something is left for its activity: what has
 * failed and waits (`retrying`), or has no answer yet (`pending`).
 */
export type FirstResult = { result?: DeliverResult; left?: 'retrying' | 'pending' }
/** All shares of what these events are owed. */
export type SharesInput = Pick<ShareInput, 'events' | 'of'>

export type RedeliverInput = {
  tenant: string
  delivery: string
  /** Id of the API key that asked for it. */
  by: string
  /** A finished delivery gets this round of its schedule; one that is not finished is tried `now`. */
  round: number | 'now'
}
export type ReopenResult = {
  /** Undefined where there is nothing to deliver any more: the row or its webhook is gone, or it has just finished. */
  target: TargetDeliveries | undefined
  /** This workflow carries the row from now on. Histories of earlier versions do not say so: there it may have two carriers. */
  carries?: true
  /** Another workflow, or a lane, carries the row, and it is due now. */
  elsewhere?: 'workflow' | 'lane'
  /** How many attempts it had then. */
  attempts?: number
}
export type TryNowInput = {
  delivery: string
  /** That it had when it was asked for. */ attempts: number
}
/** `tried`: it is on its way, or waits for a reason; `orphaned`: nobody carries it any more. */
export type TryNowResult = 'tried' | 'orphaned'

/**
 * Targets that one workflow names, each with activities of its own: Temporal lets 2,000 be open at once. More of an event are
 * shared by activities (decision 11), more of a rerun by workflows.
 */
export const TARGETS_MOST = 200

/** Part `share` (from 0) of `of` of what these events are owed, by webhook: for an event with a great many of them. */
export type ShareInput = {
  events: EventName[]
  share: number
  of: number
}
/** Which of `of` shares a webhook belongs to. */
export function shareOf(webhook: string, of: number): number {
  let hash = 0
  for (const character of webhook) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003
  return hash % of
}

/** The lane of a webhook: one workflow that sends what a rate limit holds back, while there is such a thing. */
export type LaneInput = { tenant: string; webhook: string; name: string }
/** What one pass of a lane came to, and when the next one is worth its while. */
export type LanePassResult = LaneView &
  ({ next: 'now' | 'idle' | 'inactive' } | { next: 'slot' | 'due'; inMs: number })
/** What people see of a lane. */
export type LaneView = {
  /** `10 per 1s`; null where the limit was removed and the lane only drains. */
  limit: string | null
  held: number
  retrying: number
  /** Requests of this pass. */
  sent: number
  /** Requests that count against the limit at the moment. */
  sentInWindow: number
  /** ISO time of the next free slot. */
  nextSlotAt: string | null
}

export type AwaitLanesInput = Pick<TargetDeliveries, 'tenant' | 'webhook' | 'name' | 'deliveries'>[]
export type RerunInput = {
  /** What is undelivered of one event. */
  deliveries: RedeliverInput[]
  /** The event's own workflow still carries the waits of what is open; otherwise this one does. */
  ownerRuns: boolean
}
/** By what people find the workflow of an event. */
export type EventLabels = Pick<EventEnvelope, 'tenant' | 'id' | 'type' | 'subject'>
/** How a redelivery is found: by its event and its webhook. */
export type DeliveryLabels = EventLabels & { webhook: string }
/** What a rerun of an event needs to know to reset its workflow or to start one. */
export type RerunRequest = Pick<RerunInput, 'deliveries'> &
  EventLabels & {
    /** Those whose deliveries are sent. */
    webhooks: string[]
    /** The workflow that owns the event. */
    workflow: string
    /** The same one asked for twice is one. */
    n: string
  }
/** `reset`: the event's own workflow runs again; `rerun`: another one delivers what it left. */
export type StartedRerun = { method: 'reset' | 'rerun'; workflow: string }
/** A delivery that a replay takes, in the round that it was seen in; 0: there is no row yet. */
export type ReplayItem = { delivery: string; event: string; webhook: string; round: number }
type ReplayPlace = { replay: string; page: number; chunk: number }
/** What one `redeliverBatch` workflow sends: a chunk of a page of a replay. */
export type ReplayChunk = ReplayPlace & { tenant: string; items: ReplayItem[] }
/** Where a replay is: this chunk of this page is the next, at its turn in epoch milliseconds. */
export type ReplayTurn = ReplayPlace & { turnMs: number }
export type ReplayProgress = { selected: number; sent: number; rate: number }
export type ReplayPageResult = {
  /** As MongoDB has it: a replay that is not running sends nothing. */
  state: 'running' | 'paused' | 'cancelled' | 'completed'
  next: ReplayTurn
  progress: ReplayProgress
}
/** The signal that a replay's state in MongoDB changed. */
export const REPLAY_CHANGED = 'changed'
/** Ids of the workflows of a replay and of one of its chunks. */
export const replayWorkflow = (replay: string) => `replay/${replay}`
export const chunkWorkflow = ({ replay, page, chunk }: ReplayPlace) =>
  `${replayWorkflow(replay)}/${page}-${chunk}`
export type ReplayInput = { tenant: string; replay: string; turn?: ReplayTurn }

/** The activities by name, as the workflows see them; activities/index.ts provides them. */
export type Activities = {
  matchWebhooks(input: MatchInput): Promise<MatchResult>
  deliver(input: DeliverInput): Promise<DeliverResult>
  firstAttempts(input: DeliverInput): Promise<FirstResult>
  firstAttemptsOfShares(input: SharesInput): Promise<FirstResult[]>
  awaitResume(input: AwaitResumeInput): Promise<void>
  deliverShare(input: ShareInput): Promise<DeliverResult>
  cancelDeliveries(input: CancelInput | ShareInput): Promise<void>
  reopen(input: RedeliverInput): Promise<ReopenResult>
  tryNow(input: TryNowInput): Promise<TryNowResult>
  awaitLanes(input: AwaitLanesInput): Promise<DeliverResult[]>
  replayPage(input: ReplayTurn): Promise<ReplayPageResult>
  cancelReplay(input: { replay: string }): Promise<void>
  reopenChunk(input: ReplayChunk): Promise<{ targets: TargetDeliveries[] }>
  countChunk(input: ReplayChunk): Promise<void>
}

/** The activities of the lanes' own task queue. */
export type LaneActivities = { sendHeld(input: LaneInput): Promise<LanePassResult> }

/** Where lanes run: a burst of events must not starve them. */
export function laneTaskQueue(taskQueue: string): string {
  return `${taskQueue}-lanes`
}

/** Signals of a lane: something is held; the webhook was changed. */
export const LANE_SIGNAL = { held: 'held', changed: 'changed' } as const

/** Types of the ApplicationFailures by which activities and workflows tell each other what happened. */
export const FAILURE = {
  /** deliver: some deliveries wait for their next attempt; Temporal runs the activity again at that time. */
  attemptsLeft: 'AttemptsLeft',
  /** deliver: all deliveries are finished, and not all of them delivered. Details: DeliverResult. */
  deliveryFailed: 'DeliveryFailed',
  /** deliver: the webhook is paused. */
  webhookPaused: 'WebhookPaused',
  /** deliver: the webhook has got a rate limit; its lane goes on. */
  webhookLimited: 'WebhookLimited',
  /** deliver, awaitLanes: MongoDB lost the record of deliveries that it had stored. */
  ledgerLost: 'LedgerLost',
  /** tryNow: it is not on its way yet; Temporal asks again. */
  notTried: 'NotTried',
  /** awaitLanes: the lane is not through yet; Temporal asks again. */
  stillHeld: 'StillHeld',
  /** deliverEvents: at least one delivery is used up. Details: DeliverResult of each target. */
  deliveriesFailed: 'DeliveriesFailed',
} as const
