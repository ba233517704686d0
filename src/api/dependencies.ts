import type { PayloadCodec } from '@temporalio/common'
import type { Config } from '../config.ts'
import type {
  DeliveryLabels,
  LANE_SIGNAL,
  LaneInput,
  RedeliverInput,
  RerunRequest,
  StartedRerun,
} from '../delivery/contract.ts'
import type { EventEnvelope } from '../delivery/types.ts'
import type { AcceptedEvent } from '../ingest/types.ts'
import type { Logger } from '../logger.ts'
import type { Metrics } from '../metrics.ts'
import type { DeliveryChanges } from '../models/deliveries/changes.ts'
import type { Models } from '../models/connect.ts'

/** Whether a webhook may point at this URL; `url` is its normal form, `warning` what may go wrong later. */
export type CheckedTarget =
  | { ok: true; url: string; warning?: { code: string; detail: string } }
  | { ok: false; code: string; detail: string }

/** All that the API needs from the rest of herald; tests hand in what they like. */
export type ApiDependencies = {
  config: Config
  logger: Logger
  metrics: Metrics
  models: Models
  changes: DeliveryChanges
  /** Epoch milliseconds. */
  now: () => number
  version: string
  ingest: {
    /** Resolves when there is room for the next request. Throws IngestUnavailable at the deadline. */
    enter(deadlineAtMs: number): Promise<void>
    /** Durable once resolved. Throws IngestUnavailable, EventTooLarge. */
    accept(events: EventEnvelope[], deadlineAtMs: number): Promise<AcceptedEvent[]>
    /** Whether this process accepted the event, so that it will be stored shortly. */
    pending(tenant: string, id: string): boolean
  }
  temporal: {
    /** The same `n` again is the same workflow. */
    redeliver(
      input: RedeliverInput,
      how: { n: string; of: DeliveryLabels },
    ): Promise<{ workflow: string }>
    /** Tells the lane of a rate-limited webhook. */
    signalLane(lane: LaneInput, signal: keyof typeof LANE_SIGNAL): Promise<void>
    /** Makes what waits for its next attempt in these workflows look again now; where it fails, their timers do. */
    wake(workflows: string[]): Promise<void>
    /** Of an event, what is undelivered. */
    rerun(request: RerunRequest): Promise<StartedRerun>
    healthy(): Promise<boolean>
    workflowUrl(workflowId: string): string | null
  }
  replays: {
    /** Starts the workflow of a stored replay; one that runs already is told to look at its state again. */
    wake(replay: { tenant: string; replay: string }): Promise<void>
  }
  /** What the codec server encrypts and decrypts with. */
  codec: { payloads: PayloadCodec; namespace: string }
  checkTarget: (url: string) => Promise<CheckedTarget>
  workerReady: () => boolean
  /** Aborted when the server is to stop: answers that go on and on end. */
  stopping: AbortSignal
}
