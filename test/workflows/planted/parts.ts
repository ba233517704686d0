import type { WorkflowName } from '../paths.ts'
import type { BreakingChange } from './change.ts'
import { deliverEventsChanges } from './deliver-events.ts'
import { deliverToTargetChanges } from './deliver-to-target.ts'
import { rateLimitChanges } from './rate-limit.ts'
import { redeliverBatchChanges } from './redeliver-batch.ts'
import { redeliverChanges, rerunChanges } from './redeliver.ts'
import { replayChanges } from './replay.ts'

/** Changes, and the workflows whose code they are part of. */
type Part = { workflows: WorkflowName[]; changes: BreakingChange[] }

/** The first ones have no workflow in common: changes of all of them can be planted together. */
export const PARTS: Part[] = [
  { workflows: ['deliverEvents'], changes: deliverEventsChanges },
  { workflows: ['rateLimit'], changes: rateLimitChanges },
  { workflows: ['redeliver', 'rerun'], changes: [...redeliverChanges, ...rerunChanges] },
  { workflows: ['redeliverBatch'], changes: redeliverBatchChanges },
  { workflows: ['replay'], changes: replayChanges },
  {
    workflows: ['deliverEvents', 'redeliver', 'redeliverBatch', 'rerun'],
    changes: deliverToTargetChanges,
  },
]
