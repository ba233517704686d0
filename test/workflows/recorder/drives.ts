import type { Run } from './scenario.ts'

/** Cancels it while so many of these activities run. */
export const cancelIn =
  (key: string, calls = 1) =>
  async (run: Run): Promise<void> => {
    await run.begun(key, calls)
    await run.cancel()
  }

/** Cancels it, and lets the activity go on that does not hear of it. */
export const cancelUnheard =
  (key: string, gate: string) =>
  async (run: Run): Promise<void> => {
    await cancelIn(key)(run)
    await run.recorded('ACTIVITY_TASK_CANCEL_REQUESTED')
    run.open(gate)
  }

/** Cancels it while a local activity runs, and lets that one go on when the workflow has heard of it. */
export const cancelInLocal =
  (key: string, gate: string, { call = 1, tasks = 2 } = {}) =>
  async (run: Run): Promise<void> => {
    await run.begun(key, call)
    await run.cancel()
    await run.recorded('WORKFLOW_EXECUTION_CANCEL_REQUESTED')
    await run.recorded('WORKFLOW_TASK_STARTED', tasks)
    run.open(gate)
  }

/** Signals while the call (from 1) of the activity runs, and lets it go on when the workflow has heard of it. */
export const signalIn =
  (key: string, { signal, gate, call = 1 }: { signal: string; gate: string; call?: number }) =>
  async (run: Run): Promise<void> => {
    await run.begun(key, call)
    await run.signal(signal)
    await run.recorded('WORKFLOW_EXECUTION_SIGNALED')
    await run.recorded('WORKFLOW_TASK_COMPLETED', 2)
    run.open(gate)
  }

/** Does something when the workflow sleeps. */
export const asleep =
  (then: (run: Run) => Promise<void>) =>
  async (run: Run): Promise<void> => {
    await run.recorded('TIMER_STARTED')
    await then(run)
  }
