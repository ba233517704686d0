import type {
  DeliverResult,
  LanePassResult,
  MatchResult,
  ReplayPageResult,
  TargetDeliveries,
} from '../../../src/delivery/contract.ts'
import type { EventEnvelope } from '../../../src/delivery/types.ts'
import type { WorkflowName } from '../paths.ts'
import type { Script } from './stage.ts'

/** What happens to a workflow while it runs. */
export type Run = {
  signal: (name: string) => Promise<void>
  cancel: () => Promise<void>
  /** Resolves when it has heard of everything that was before. */
  query: (name: string) => Promise<void>
  /** Starts it again from its first workflow task, as operators do; the new run is the one that is recorded. */
  reset: () => Promise<void>
  /** Resolves once the call (from 1) of `deliver`, or of `deliver wh_1` where the script has one, has begun. */
  begun: (key: string, call?: number) => Promise<void>
  /** Resolves once its history has so many events of this type, named as the history names them, without EVENT_TYPE_. */
  recorded: (type: string, count?: number) => Promise<void>
  /** Lets go what waits at this gate. */
  open: (gate: string) => void
}

export type Scenario = {
  path: string
  input: unknown
  script: Script
  drive?: (run: Run) => Promise<void>
  /** It is cancelled before its first task. */
  cancelledAtOnce?: true
  /** Local activities keep a workflow task open this long at most; what happens meanwhile is heard of then. */
  taskTimeout?: '1s'
  /** Temporal suggests to continue as new from so many events on, not from its 4,096. */
  suggestAt?: number
  /** Waits that nobody can wait for here are shorter; replay does not look at their length. */
  shortWaits?: true
}
export type Scenarios = Record<WorkflowName, Scenario[]>

/** Webhook n and what it is owed. */
export const target = (n: number, more: Partial<TargetDeliveries> = {}): TargetDeliveries => ({
  tenant: 't',
  webhook: `wh_${n}`,
  name: `n${n}`,
  deliveries: [`d${n}`],
  policy: { initialInterval: 1, backoffCoefficient: 1, maximumInterval: 1, maximumAttempts: 3 },
  timeoutMs: 1_000,
  ...more,
})
export const limited = (n: number) => target(n, { limited: true })

export const delivered = (n: number): DeliverResult => resultOf(n, { delivered: 1 })
export const failed = (n: number): DeliverResult =>
  resultOf(n, {
    failed: 1,
    deliveries: [{ id: `d${n}`, state: 'failed', reason: 'http_5xx', attempts: ['500'] }],
  })

const resultOf = (n: number, more: Partial<DeliverResult>): DeliverResult => ({
  webhook: `wh_${n}`,
  name: `n${n}`,
  delivered: 0,
  failed: 0,
  other: 0,
  deliveries: [],
  ...more,
})

export const event = (n: number): EventEnvelope => ({
  tenant: 't',
  id: `e${n}`,
  type: 'a',
  receivedAt: '2026-01-01T00:00:00.000Z',
  data: '{}',
  hash: 'h',
})

export const matched = (targets: TargetDeliveries[], shares?: number): MatchResult => ({
  targets,
  ...(shares === undefined ? {} : { shares }),
  skipped: 0,
  elsewhere: 0,
  purged: 0,
})

/** The first attempts of what was matched are under way. */
export const begun = (match: MatchResult): MatchResult => ({ ...match, begun: true })

type Next = { next: 'now' | 'idle' | 'inactive' } | { next: 'slot' | 'due'; inMs: number }
export const round = (next: Next): LanePassResult => ({
  limit: '1 per 1s',
  held: 0,
  retrying: 0,
  sent: 0,
  sentInWindow: 0,
  nextSlotAt: null,
  ...next,
})

export const page = (state: ReplayPageResult['state'], number = 1): ReplayPageResult => ({
  state,
  next: { replay: 'r', page: number, chunk: 0, turnMs: 0 },
  progress: { selected: 2, sent: 1, rate: 1 },
})
