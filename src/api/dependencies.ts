import type { Config } from '../config.ts'
import type { RedeliverInput } from '../delivery/contract.ts'
import type { EventEnvelope } from '../delivery/types.ts'
import type { AcceptedEvent } from '../ingest/types.ts'
import type { Logger } from '../logger.ts'
import type { Metrics } from '../metrics.ts'
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
  /** Epoch milliseconds. */
  now: () => number
  version: string
  ingest: {
    /** Durable once resolved. Throws IngestUnavailable, EventTooLarge. */
    accept(events: EventEnvelope[], deadlineAtMs: number): Promise<AcceptedEvent[]>
    /** Whether this process accepted the event, so that it will be stored shortly. */
    pending(tenant: string, id: string): boolean
  }
  temporal: {
    /** The same `n` again is the same workflow. */
    redeliver(input: RedeliverInput, n: string): Promise<{ workflow: string }>
    healthy(): Promise<boolean>
    workflowUrl(workflowId: string): string | null
  }
  checkTarget: (url: string) => Promise<CheckedTarget>
  workerReady: () => boolean
}
