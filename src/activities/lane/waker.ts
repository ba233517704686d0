import type { LaneInput } from '../../delivery/contract.ts'
import type { Logger } from '../../logger.ts'
import type { LaneBells } from './bells.ts'

/** Signals that are under way at once; a group may wake a thousand lanes. */
const MOST = 20
const AGAIN_MS = 1_000
const TRIES = 20

type Dependencies = {
  bells: LaneBells
  /** Starts the lane's workflow, or tells the one that runs. */
  signal: (lane: LaneInput) => Promise<void>
  logger: Logger
}

/**
 * Wakes lanes: by the bell of a pass in this process, else by one signal per lane at a time, which all that comes
 * meanwhile shares. A signal that fails is tried again for a while; then who waits for the lane wakes it.
 */
export class LaneWaker {
  private readonly deps: Dependencies
  private readonly waiting = new Map<string, LaneInput>()
  private readonly underWay = new Set<string>()
  private readonly failures = new Map<string, number>()

  constructor(deps: Dependencies) {
    this.deps = deps
  }

  /** There is something for this lane. */
  wake(lane: LaneInput): void {
    if (this.deps.bells.ring(lane.webhook)) return
    this.waiting.set(lane.webhook, lane)
    this.next()
  }

  private failed(lane: LaneInput, error: unknown): void {
    const tries = (this.failures.get(lane.webhook) ?? 0) + 1
    this.deps.logger.warn({ webhook: lane.webhook, tries, err: error }, 'lane.not_woken')
    this.failures.set(lane.webhook, tries)
    if (tries < TRIES) setTimeout(() => this.wake(lane), AGAIN_MS).unref()
    else this.failures.delete(lane.webhook)
  }

  private next(): void {
    for (const [webhook, lane] of this.waiting) {
      if (this.underWay.size >= MOST) return
      if (this.underWay.has(webhook)) continue
      this.waiting.delete(webhook)
      this.underWay.add(webhook)
      this.deps
        .signal(lane)
        .then(() => this.failures.delete(webhook))
        .catch((error: unknown) => this.failed(lane, error))
        .finally(() => {
          this.underWay.delete(webhook)
          this.next()
        })
        .catch(() => undefined)
    }
  }
}
