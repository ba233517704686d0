import type { Target } from '../load/plan.ts'
import type { Processes } from '../measure/usage.ts'

/** What takes a load: herald, a peer, or the bare forwarder. */
export type System = {
  name: string
  /** Where events of this type are posted, one by one or as a batch. */
  target: (type: string, isBatch: boolean) => Target
  /** Those whose CPU and memory are its cost; a restarted one has another id. */
  processes: () => Processes
}
