import type { LaneRows } from '../models/lane-rows.ts'

type Known = { owed: number; addedSince: number }

/**
 * Keeps a webhook from being owed without bound: beyond `max` open deliveries its new ones are recorded as skipped. What is
 * owed is counted anew whenever this process alone has added a tenth of the limit, or the limit seems to be reached; so the
 * limit is kept to within what other processes add meanwhile.
 */
export class Backlog {
  private readonly rows: LaneRows
  private readonly max: number
  private readonly known = new Map<string, Known>()

  constructor(rows: LaneRows, max: number) {
    this.rows = rows
    this.max = max
  }

  /** How many of `count` further deliveries the webhook may still be owed; they count from now on. */
  async admit(webhook: string, count: number): Promise<number> {
    const before = this.known.get(webhook) ?? { owed: 0, addedSince: 0 }
    const isDoubtful =
      before.addedSince + count > this.max / 10 ||
      before.owed + before.addedSince + count > this.max
    const known = isDoubtful ? { owed: await this.owed(webhook), addedSince: 0 } : before
    const admitted = Math.max(Math.min(count, this.max - known.owed - known.addedSince), 0)
    this.known.set(webhook, { ...known, addedSince: known.addedSince + admitted })
    return admitted
  }

  private async owed(webhook: string): Promise<number> {
    const { held, retrying, pending } = await this.rows.counts(webhook, this.max + 1)
    return held + retrying + pending
  }
}
