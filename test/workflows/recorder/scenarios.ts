import { deliverEvents } from './deliver-events.ts'
import { rateLimit } from './rate-limit.ts'
import { redeliver } from './redeliver.ts'
import { redeliverBatch } from './redeliver-batch.ts'
import { replay } from './replay.ts'
import { rerun } from './rerun.ts'
import type { Scenarios } from './scenario.ts'

/** How to lead a workflow into each of its paths. */
export const SCENARIOS: Scenarios = {
  deliverEvents,
  rateLimit,
  redeliver,
  redeliverBatch,
  replay,
  rerun,
}
