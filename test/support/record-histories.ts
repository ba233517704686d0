import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Client } from '@temporalio/client'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'

const folder = fileURLToPath(new URL('../workflows/histories/', import.meta.url))

/**
 * Keeps one history of each shape (the sequence of its event types) that closed workflows of a task queue, and of its lanes, have, for
 * replay.test.ts: `RECORD_HISTORIES=1 npx vitest run test/e2e/races.test.ts`. Commit what
 * is new, and name it in paths.ts; delete nothing.
 */
export async function recordHistories(client: Client, taskQueue: string): Promise<void> {
  const seen = new Set<string>()
  const query = `TaskQueue STARTS_WITH '${taskQueue}' AND ExecutionStatus!='Running'`
  for await (const info of client.workflow.list({ query })) {
    const handle = client.workflow.getHandle(info.workflowId, info.runId)
    const history = await handle.fetchHistory()
    const shape = (history.events ?? []).map((event) => event.eventType).join(' ')
    if (seen.has(shape)) continue
    seen.add(shape)
    const name = `${info.type}-${info.status.name.toLowerCase()}-${history.events?.length ?? 0}-events-${seen.size}`
    const text = historyToJSON(history).replaceAll(process.cwd(), '/herald')
    await writeFile(`${folder}${name}.json`, `${text}\n`)
  }
}
