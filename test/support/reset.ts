import { randomUUID } from 'node:crypto'
import type { Herald } from './herald.ts'

/** What `temporal workflow reset --type FirstWorkflowTask` does; resolves to the new run's id. */
export async function resetToFirstTask({ client }: Herald, workflowId: string): Promise<string> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory()
  const first = events?.find((event) => event.workflowTaskCompletedEventAttributes)
  if (!first?.eventId) throw new Error(`${workflowId} has no completed workflow task`)
  const { runId } = await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId },
    reason: 'test',
    requestId: randomUUID(),
    workflowTaskFinishEventId: first.eventId,
  })
  return runId
}
