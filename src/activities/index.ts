import { Context } from '@temporalio/activity'
import type { Activities, ReplayChunk } from '../delivery/contract.ts'
import type { Models } from '../models/connect.ts'
import { Ledger } from '../models/ledger.ts'
import { isUnavailable } from '../models/patience.ts'
import { Outbox } from '../models/outbox.ts'
import { awaitResume, deliver } from './deliver.ts'
import { matchWebhooks } from './match-webhooks.ts'
import { reopen } from './reopen.ts'
import { countChunk, reopenChunk } from './replay-chunk.ts'
import { cancelReplay, replayPage } from './replay-page.ts'
import { Sender, type SenderDependencies } from './sender.ts'
import { Slots } from './slots.ts'

export type ActivityDependencies = Omit<SenderDependencies, 'ledger'> & {
  models: Models
  /** Where people find a delivery; undefined where no public address is configured. */
  deliveryUrl: (id: string) => string | undefined
  /** Starts the workflow that sends a chunk; the same chunk again is the same workflow. */
  startChunk: (chunk: ReplayChunk) => Promise<void>
  /** Aborted when the process is to stop: no further attempt begins, open ones end. */
  stopping: AbortSignal
  /** What ingest hears, if it is in this process: the gate opens and the backpressure falls. */
  progress: { matched(workflow: string): void; attempted(workflow: string): void }
}

/** Everything that workflows may ask for, wired to its dependencies. */
export function createActivities(deps: ActivityDependencies): Activities {
  const { models, now, progress } = deps
  const ledger = new Ledger(models)
  const outbox = new Outbox(models)
  const sender = new Sender({ ...deps, ledger })
  const slots = new Slots()
  return {
    async matchWebhooks(input) {
      try {
        const result = await matchWebhooks(input, outbox, deps)
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
        return await deliver(input, { ...deps, ledger, sender, slots })
      } finally {
        progress.attempted(Context.current().info.workflowExecution?.workflowId ?? '')
      }
    },
    awaitResume: (input) => awaitResume(input, models),
    async cancelDeliveries({ deliveries }) {
      const rows = await ledger.openRows(deliveries)
      const reason = { code: 'workflow_cancelled', detail: 'Its workflow was cancelled.' }
      await ledger.end(rows, 'cancelled', reason, new Date(now()))
    },
    reopen: (input) => reopen(input, { models, outbox }),
    replayPage: (input) => replayPage(input, deps),
    cancelReplay: (input) => cancelReplay(input, deps),
    reopenChunk: (input) => reopenChunk(input, { ...deps, outbox }),
    countChunk: (input) => countChunk(input, models),
  }
}
