import { startProcess } from '../load/child.ts'
import type { Figures } from '../measure/figures.ts'
import { costFigures } from '../measure/figures.ts'
import { type Processes, usageOf, usedBetween } from '../measure/usage.ts'
import type { NoOpAnswer, NoOpQuestion } from './no-op-process.ts'

export type NoOps = {
  /** A closed loop of starts, each an event's worth; how many ended a second, and what they cost. */
  measure: (connections: number, seconds: number) => Promise<Figures>
  stop: () => Promise<void>
}

/** One workflow that does nothing per event, on the Temporal at this address; its server's CPU counts too. */
export async function startNoOps(address: string, servers: () => Processes): Promise<NoOps> {
  const worker = startProcess<NoOpQuestion>(new URL('./no-op-process.ts', import.meta.url))
  await worker.ask({ kind: 'connect', address })
  return {
    async measure(connections, seconds) {
      const processes = { worker: worker.pid, ...servers() }
      const before = await usageOf(processes)
      const answer = await worker.ask<NoOpAnswer>({ kind: 'run', connections, seconds })
      const used = usedBetween(before, await usageOf(processes))
      return {
        accepted: answer.workflows,
        'delivered/s': answer.perSecond,
        'ack ms': answer.startedMs,
        ...costFigures(used, answer.workflows, []),
      }
    },
    stop: () => worker.stop(),
  }
}
