import { type Client, WorkflowNotFoundError, type WorkflowStartOptions } from '@temporalio/client'
import { type RerunRequest, type StartedRerun, TARGETS_MOST } from '../delivery/contract.ts'
import { sha256 } from '../ids.ts'
import type { rerun } from '../workflows/index.ts'

/** Ways to end with something undelivered; a reset begins such a workflow anew. */
const RESETTABLE = new Set(['FAILED', 'TERMINATED', 'CANCELLED', 'TIMED_OUT'])
/** The first workflow task is over within the first few events. */
const FIRST_EVENTS = 20

type StartOptions = Pick<
  WorkflowStartOptions,
  'taskQueue' | 'typedSearchAttributes' | 'staticSummary' | 'staticDetails'
>

/**
 * Sends what is undelivered of an event again. A workflow that delivered this event alone and did not succeed is reset to
 * its first task. Where it is running, ended before that task had, shared its work with other events, or is gone from
 * Temporal, a workflow `event/{tenant}/{id}/rerun/{n}` does it; of a great many deliveries further ones, `…/{n}/2` and on,
 * do their part. Throws what the connection throws.
 */
export async function rerunEvent(
  client: Client,
  request: RerunRequest,
  options: StartOptions,
): Promise<StartedRerun> {
  const { tenant, id, workflow, n, deliveries } = request
  const owner = await describe(client, workflow)
  const own = `event/${tenant}/${id}`
  const isResettable = workflow === own && owner !== undefined && RESETTABLE.has(owner.status)
  if (isResettable && (await reset(client, { workflow, run: owner.run, n })))
    return { method: 'reset', workflow }
  const workflowId = `${own}/rerun/${n}`
  for (let from = 0; from < deliveries.length; from += TARGETS_MOST) {
    const part = deliveries.slice(from, from + TARGETS_MOST)
    // one that ended may run again: it found its webhook paused, say; a round is opened once whoever asks for it
    await client.workflow.start<typeof rerun>('rerun', {
      ...options,
      workflowId: from === 0 ? workflowId : `${workflowId}/${from / TARGETS_MOST + 1}`,
      args: [{ deliveries: part, ownerRuns: owner?.status === 'RUNNING' }],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      workflowIdConflictPolicy: 'USE_EXISTING',
    })
  }
  return { method: 'rerun', workflow: workflowId }
}

/** Undefined where Temporal's retention is over. */
async function describe(
  client: Client,
  workflow: string,
): Promise<{ status: string; run: string } | undefined> {
  try {
    const { status, runId } = await client.workflow.getHandle(workflow).describe()
    return { status: status.name, run: runId }
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined
    throw error
  }
}

/** To the first workflow task: a later one would replay the failures that it is to mend. False where none was completed. */
async function reset(
  { workflowService, options: { namespace } }: Client,
  { workflow, run, n }: { workflow: string; run: string; n: string },
): Promise<boolean> {
  const workflowExecution = { workflowId: workflow, runId: run }
  const { history } = await workflowService.getWorkflowExecutionHistory({
    namespace,
    execution: workflowExecution,
    maximumPageSize: FIRST_EVENTS,
  })
  const events = history?.events ?? []
  const completed = events.find((event) => event.workflowTaskCompletedEventAttributes)
  if (!completed?.eventId) return false
  await workflowService.resetWorkflowExecution({
    namespace,
    workflowExecution,
    reason: 'herald: rerun of the event',
    requestId: sha256(`${workflow}/${n}`).slice(0, 32),
    workflowTaskFinishEventId: completed.eventId,
  })
  return true
}
