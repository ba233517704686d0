import { type DeliveryDocument, dueTimeMs } from '../../models/deliveries/document.ts'
import type { LaneRows, QueuedRow } from '../../models/deliveries/lane-rows.ts'

/** Rows read at once: a page is cheap, since it has no bodies, and a short one would be read again and again. */
const PAGE = 2_000
const RETRIES = 1_000
/** At most so often are retries looked up that this pass did not cause itself. */
const RETRIES_STALE_MS = 1_000
/** Before a row that somebody else has in hand is looked at again. */
const TAKEN_MS = 1_000
/** Before a row of which MongoDB refuses something is tried again; longer than a pass. */
const BROKEN_MS = 60_000

type Waiting = { id: string; dueMs: number }
type Dependencies = {
  rows: Pick<LaneRows, 'held' | 'retrying'>
  /** The whole rows of these ids that are still owed. */
  whole: (ids: string[]) => Promise<DeliveryDocument[]>
  /** Sees to attempts whose sender is gone; gives when the row may be tried again. */
  abandoned: (row: QueuedRow) => Promise<number>
  /** Told of a row that could not be seen to. */
  failed: (id: string, error: unknown) => void
  now: () => number
}

/**
 * The rows of one webhook in the order in which they are sent: due retries first, so that they do not wait behind a backlog,
 * then what waits longest. MongoDB is the queue; this is the page of it that a pass works on.
 */
export class LaneQueue {
  private readonly webhook: string
  private readonly deps: Dependencies
  private held: Waiting[] = []
  private retries: Waiting[] = []
  /** Taken, or settled so lately that a find may still show the row as it was. */
  private readonly busy = new Set<string>()
  private readonly settledIds = new Set<string>()
  private heldIsKnown = false
  private retriesAreKnown = false
  private retriesReadMs = -Infinity

  constructor(webhook: string, deps: Dependencies) {
    this.webhook = webhook
    this.deps = deps
  }

  /** There may be rows that this queue has not seen. */
  changed(): void {
    this.heldIsKnown = false
    this.retriesAreKnown = false
  }

  /** The next rows, at most `count`, with their bodies; they are this caller's until it says what became of them. */
  async take(count: number): Promise<DeliveryDocument[]> {
    await this.look()
    const ids: string[] = []
    const now = this.deps.now()
    while (ids.length < count) {
      const due = (this.retries[0]?.dueMs ?? Infinity) <= now
      const next = due ? this.retries.shift() : this.held.shift()
      if (!next) break
      if (this.busy.has(next.id)) continue
      this.busy.add(next.id)
      ids.push(next.id)
    }
    if (ids.length === 0) return []
    const found = new Map((await this.deps.whole(ids)).map((row) => [row._id, row]))
    for (const id of ids) if (!found.has(id)) this.settled(id)
    const rows = ids.flatMap((id) => found.get(id) ?? [])
    // a page may have been read before a row was tried; what the whole row says counts
    const earliestMs = (row: DeliveryDocument) => (row.open ? now + TAKEN_MS : dueTimeMs(row))
    for (const row of rows) if (earliestMs(row) > now) this.later(row._id, earliestMs(row))
    return rows.filter((row) => earliestMs(row) <= now)
  }

  /** The row is finished. */
  settled(id: string): void {
    this.settledIds.add(id)
  }

  /** The row is due again at this time; a row of the past goes first. */
  later(id: string, dueMs: number): void {
    this.busy.delete(id)
    this.retries = this.retries.filter((one) => one.id !== id)
    const after = this.retries.findLastIndex((one) => one.dueMs <= dueMs)
    this.retries.splice(after + 1, 0, { id, dueMs })
  }

  /** Somebody else has the row in hand. */
  taken(id: string): void {
    this.later(id, this.deps.now() + TAKEN_MS)
  }

  /** Something went wrong with the row; the others go on without it. */
  broken(id: string, error: unknown): void {
    this.deps.failed(id, error)
    this.later(id, this.deps.now() + BROKEN_MS)
  }

  /** Whether the next `take` would read anew what waits here. */
  isStale(): boolean {
    return this.retriesAreDue() || (this.held.length === 0 && !this.heldIsKnown)
  }

  /** Whether a row is known of that could leave now. */
  hasDue(): boolean {
    return this.nextDueMs() <= this.deps.now()
  }

  /** When the next row is due that is known of: now, later, or never. */
  nextDueMs(): number {
    if (this.held.length > 0) return this.deps.now()
    return this.retries[0]?.dueMs ?? Infinity
  }

  /** Where a row stands among those that wait for their turn; undefined if it is not on this page. */
  positions(): Map<string, number> {
    return new Map(this.held.map((one, index) => [one.id, index + 1]))
  }

  /** Reads what may be new. */
  async look(): Promise<void> {
    await Promise.all([this.lookForRetries(), this.lookForHeld()])
  }

  private async lookForRetries(): Promise<void> {
    if (!this.retriesAreDue()) return
    this.retriesAreKnown = true
    this.retriesReadMs = this.deps.now()
    const found = await this.find((limit) => this.deps.rows.retrying(this.webhook, limit), RETRIES)
    const known = new Set(found.map((one) => one.id))
    const others = this.retries.filter((one) => !known.has(one.id))
    this.retries = [...others, ...found].toSorted((a, b) => a.dueMs - b.dueMs)
    if (found.length >= RETRIES) this.retriesAreKnown = false
  }

  private async lookForHeld(): Promise<void> {
    if (this.held.length > 0 || this.heldIsKnown) return
    this.heldIsKnown = true
    this.held = await this.find((limit) => this.deps.rows.held(this.webhook, limit), PAGE)
    if (this.held.length >= PAGE) this.heldIsKnown = false
  }

  private retriesAreDue(): boolean {
    return !this.retriesAreKnown && this.deps.now() - this.retriesReadMs >= RETRIES_STALE_MS
  }

  private async find(
    read: (limit: number) => Promise<QueuedRow[]>,
    limit: number,
  ): Promise<Waiting[]> {
    for (const id of this.settledIds) this.busy.delete(id)
    this.settledIds.clear()
    const found = await read(limit)
    const free = found.filter((row) => !this.busy.has(row._id))
    const begun = free.filter((row) => row.open)
    await Promise.all(begun.map((row) => this.resume(row)))
    return free.flatMap((row) =>
      row.open ? [] : [{ id: row._id, dueMs: row.dueAt?.getTime() ?? 0 }],
    )
  }

  private async resume(row: QueuedRow): Promise<void> {
    try {
      this.later(row._id, await this.deps.abandoned(row))
    } catch (error) {
      this.broken(row._id, error)
    }
  }
}
