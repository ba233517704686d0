import type { LaneRows } from '../../models/deliveries/lane-rows.ts'

type Known = {
  owed: number
  addedSince: number
  /** Groups that were admitted and whose rows are not written yet, so that no count sees them. */
  unwritten: Set<Promise<void>>
  counting?: Promise<void>
}

/** How many of the deliveries of each webhook are admitted; `stored` says that their rows are written, or never will be. */
export type Admission = { admitted: ReadonlyMap<string, number>; stored: () => void }

/**
 * Keeps a webhook from being owed without bound: beyond `max` open deliveries its new ones are recorded as skipped. What is
 * owed is counted anew whenever this process alone has added a tenth of the limit, or the limit is near: when all that was
 * admitted before is written, and while nothing else is admitted. So the limit is kept to within what other processes add
 * meanwhile.
 */
export class Backlog {
  private readonly rows: Pick<LaneRows, 'counts'>
  private readonly max: number
  private readonly known = new Map<string, Known>()

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
        const one = await this.admitTo(webhook, count)
        admitted.set(webhook, one.admitted)
        releases.push(one.written)
      }
      return { admitted, stored }
    } catch (error) {
      stored()
      throw error
    }
  }

  /** Counts first if what is known leaves it in doubt whether `count` more are within the limit. */
  private async admitTo(webhook: string, count: number) {
    const known = this.knownOf(webhook)
    while (known.counting) await known.counting.catch(() => undefined)
    if (this.isDoubtful(known, count)) {
      known.counting = this.count(webhook, known)
      try {
        await known.counting
      } finally {
        delete known.counting
      }
    }
    // no await from here, or another group would be admitted on the same count
    const admitted = Math.max(Math.min(count, this.max - known.owed - known.addedSince), 0)
    known.addedSince += admitted
    return { admitted, written: markUnwritten(known) }
  }

  private isDoubtful({ owed, addedSince }: Known, count: number): boolean {
    const margin = this.max / 10
    return addedSince + count > margin || owed + addedSince + count > this.max - margin
  }

  private knownOf(webhook: string): Known {
    const known = this.known.get(webhook) ?? { owed: 0, addedSince: 0, unwritten: new Set() }
    this.known.set(webhook, known)
    return known
  }

  private async count(webhook: string, known: Known): Promise<void> {
    await Promise.all(known.unwritten)
    const { held, retrying, pending } = await this.rows.counts(webhook, this.max + 1)
    known.owed = held + retrying + pending
    known.addedSince = 0
  }
}

/** Marks a group as admitted until the function that it gives is called. */
function markUnwritten(known: Known): () => void {
  let release = () => {}
  const written = new Promise<void>((resolve) => (release = resolve))
  known.unwritten.add(written)
  return () => {
    known.unwritten.delete(written)
    release()
  }
}
