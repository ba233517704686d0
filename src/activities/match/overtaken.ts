import { Context } from '@temporalio/activity'
import type { StoredEvent } from '../../models/deliveries/outbox.ts'

/** By then Temporal has told a process that its task is another one's, and who took it over has rows. */
const OVERTAKEN_MAX = 5

/** What this began to match is in another process's hands since; whoever began later goes by what that has stored. */
export class Overtaken extends Error {
  constructor() {
    super('This stood still, and another process has taken over what it was to match.')
  }
}

/**
 * When Temporal asked for this activity, which a process that stands still may begin long after; no limit for who was told
 * often enough that somebody else has taken it over, since a clock may be wrong.
 */
export function askedAtMs(): number {
  const { attempt, scheduledTimestampMs } = Context.current().info
  return attempt > OVERTAKEN_MAX ? Infinity : scheduledTimestampMs
}

/**
 * Throws Overtaken where one of these events was stored by another process after this one had begun: a process that stood
 * still (a pause of the machine) wakes beside the one that took over, which is alive and may be about to send. A date that
 * lies ahead is of a clock that goes ahead, and says nothing.
 */
export function refuseOvertaken(
  stored: Iterable<StoredEvent>,
  { workflow, begunMs, nowMs }: { workflow: string; begunMs: number; nowMs: number },
): void {
  for (const event of stored) {
    const storedMs = event.storedAt?.getTime() ?? 0
    if (event.workflow === workflow && storedMs > begunMs && storedMs <= nowMs)
      throw new Overtaken()
  }
}
