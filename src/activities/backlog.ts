import type { LaneRows } from '../models/lane-rows.ts'

type Known = { owed: number; addedSince: number }

/** How many of the deliveries of each webhook are admitted; `stored` says that their rows are written, or never will be. */
export type Admission = { admitted: ReadonlyMap<string, number>; stored: () => void }

/**
 * Keeps a webhook from being owed without bound: beyond `max` open deliveries its new ones are recorded as skipped. What is
 * owed is counted anew whenever this process alone has added a tenth of the limit, or the limit is near; then one group
 * after another, since rows that another has been admitted with and not written yet can't be counted. So the limit is kept
 * to within what other processes add meanwhile.
 */
export class Backlog {
  private readonly rows: Pick<LaneRows, 'counts'>
  private readonly max: number
  private readonly known = new Map<string, Known>()
  /** Webhooks near their limit: resolves when whoever counts for them has written its rows. */
  private readonly turns = new Map<string, Promise<void>>()

  constructor(rows: Pick<LaneRows, 'counts'>, max: number) {
    this.rows = rows
    this.max = max
  }

  /** How many of these further deliveries each webhook may still be owed; they count from now on. */
  async admit(wanted: ReadonlyMap<string, number>): Promise<Admission> {
    const admitted = new Map<string, number>()
    const releases: (() => void)[] = []
    const stored = () => releases.forEach((release) => release())
    try {
      // in one order for all, so that no two groups wait for each other
      for (const [webhook, count] of [...wanted].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
        if (this.isDoubtful(webhook, count)) {
          releases.push(await this.turn(webhook))
          this.known.set(webhook, { owed: await this.owed(webhook), addedSince: 0 })
        }
        admitted.set(webhook, this.add(webhook, count))
      }
      return { admitted, stored }
    } catch (error) {
      stored()
      throw error
    }
  }

  private add(webhook: string, count: number): number {
    const { owed, addedSince } = this.knownOf(webhook)
    const admitted = Math.max(Math.min(count, this.max - owed - addedSince), 0)
    this.known.set(webhook, { owed, addedSince: addedSince + admitted })
    return admitted
  }

  private isDoubtful(webhook: string, count: number): boolean {
    const { owed, addedSince } = this.knownOf(webhook)
    const margin = this.max / 10
    return addedSince + count > margin || owed + addedSince + count > this.max - margin
  }

  private knownOf(webhook: string): Known {
    return this.known.get(webhook) ?? { owed: 0, addedSince: 0 }
  }

  /** Resolves, when all who asked before have let go, to what lets go. */
  private async turn(webhook: string): Promise<() => void> {
    const before = this.turns.get(webhook)
    let release = () => {}
    const mine = new Promise<void>((resolve) => (release = resolve))
    this.turns.set(webhook, mine)
    await before
    return () => {
      release()
      if (this.turns.get(webhook) === mine) this.turns.delete(webhook)
    }
  }

  private async owed(webhook: string): Promise<number> {
    const { held, retrying, pending } = await this.rows.counts(webhook, this.max + 1)
    return held + retrying + pending
  }
}
