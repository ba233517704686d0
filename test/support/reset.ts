import { randomUUID } from 'node:crypto'
import type { Herald } from './herald.ts'
import { until } from './until.ts'

/** What `temporal workflow reset --type FirstWorkflowTask` does; resolves to the new run's id. */
export async function resetToFirstTask({ client }: Herald, workflowId: string): Promise<string> {
  // it lasts as long as the first attempts, at most a second
  const first = await until(async () => {
    const { events } = await client.workflow.getHandle(workflowId).fetchHistory()
    return events?.find((event) => event.workflowTaskCompletedEventAttributes)
  })
  const { runId } = await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId },
    reason: 'test',
    requestId: randomUUID(),
    workflowTaskFinishEventId: first.eventId ?? null,
  })
  return runId
}
