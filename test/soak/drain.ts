import { setTimeout as sleep } from 'node:timers/promises'
import type { Records } from './judge/records.ts'
import type { World } from './world.ts'

const LOOK_MS = 500
/** Looked at for this long, so that the report says how long it took where it took too long. */
const PATIENCE_MS = 240_000

/** How long after `fromMs` nothing was owed to each webhook, and no workflow was open; Infinity where that did not come. */
export type Drain = { webhooks: Map<string, number>; workflowsMs: number }

/** Waits until nothing is owed and no workflow is open, or for four minutes. `webhooks` are ids by name. */
export async function drain(
  world: World,
  records: Records,
  { webhooks, fromMs }: { webhooks: Map<string, string>; fromMs: number },
): Promise<Drain> {
  const drained: Drain = { webhooks: new Map(), workflowsMs: Infinity }
  while (Date.now() < fromMs + PATIENCE_MS) {
    const owed = await records.owed()
    const afterMs = Date.now() - fromMs
    for (const [name, id] of webhooks) {
      const known = drained.webhooks.get(name) ?? Infinity
      // what was empty and is not any more (a replay goes on) counts from the last time
      drained.webhooks.set(name, owed.get(id) ? Infinity : Math.min(known, afterMs))
    }
    const isOpen = owed.size > 0 || (await world.openWorkflows()).length > 0
    if (!isOpen) return { ...drained, workflowsMs: Date.now() - fromMs }
    await sleep(LOOK_MS)
  }
  return drained
}
