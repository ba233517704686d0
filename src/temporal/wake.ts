import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import type { NativeConnection } from '@temporalio/worker'

const TRIES = 5
const PAUSE_MS = 400
/** Activities that wait on the server for their next try. */
const WAKEABLE = ['deliver', 'deliverShare', 'awaitLanes', 'awaitResume']
/** Temporal's PendingActivityState of one that waits for a worker or its next try. */
const WAITING = 1

type Link = { client: Client; connection: NativeConnection; namespace: string }
type Within = <T>(call: () => Promise<T>) => Promise<T>

/** Runs what waits in a workflow now. Looks again while one is running: it may be about to wait for a time that it chose before. */
export async function wakeActivities(link: Link, workflow: string, within: Within): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    const isBusy = await within(() => wakeWaiting(link, workflow))
    if (!isBusy) return
    await sleep(PAUSE_MS)
  }
}

/** True while an activity of the workflow runs. */
async function wakeWaiting(link: Link, workflowId: string): Promise<boolean> {
  const { client, connection, namespace } = link
  const { raw, runId } = await client.workflow.getHandle(workflowId).describe()
  const pending = (raw.pendingActivities ?? []).filter(({ activityType }) =>
    WAKEABLE.includes(activityType?.name ?? ''),
  )
  const waiting = pending.filter(({ state }) => Number(state) === WAITING)
  const execution = { workflowId, runId }
  await Promise.all(
    waiting.map(({ activityId }) =>
      connection.workflowService.resetActivity({ namespace, execution, id: activityId ?? '' }),
    ),
  )
  return waiting.length < pending.length
}
