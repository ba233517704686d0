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
}

export type MatchInput = {
  workflow: string
  events: EventEnvelope[]
  /** The run was made by a reset: what failed is owed again, and an older run's senders are locked out. */
  reset: boolean
}
export type MatchResult = {
  targets: TargetDeliveries[]
  /** Rows that were recorded without being owed: the webhook was paused or disabled. */
  skipped: number
  /** Events that another workflow delivers. */
  elsewhere: number
  /** A reset found no record of its events any more: nothing is sent. */
  purged: number
}

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
}

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
  awaitResume(input: { webhook: string }): Promise<void>
  cancelDeliveries(input: { deliveries: string[] }): Promise<void>
  reopen(input: RedeliverInput): Promise<ReopenResult>
  replayPage(input: ReplayTurn): Promise<ReplayPageResult>
  cancelReplay(input: { replay: string }): Promise<void>
  reopenChunk(input: ReplayChunk): Promise<{ targets: TargetDeliveries[] }>
  countChunk(input: ReplayChunk): Promise<void>
}

/** Types of the ApplicationFailures by which activities and workflows tell each other what happened. */
export const FAILURE = {
  /** deliver: some deliveries wait for their next attempt; Temporal runs the activity again at that time. */
  attemptsLeft: 'AttemptsLeft',
  /** deliver: all deliveries are finished, and not all of them delivered. Details: DeliverResult. */
  deliveryFailed: 'DeliveryFailed',
  /** deliver: the webhook is paused. */
  webhookPaused: 'WebhookPaused',
  /** deliverEvents: at least one delivery is used up. Details: DeliverResult of each target. */
  deliveriesFailed: 'DeliveriesFailed',
} as const
