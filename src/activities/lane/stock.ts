import { preciseNow } from '../../clock.ts'
import type { Carrier } from '../../delivery/types.ts'
import type { DeliveryDocument } from '../../models/deliveries/document.ts'
import type { WebhookDocument } from '../../models/webhooks/document.ts'
import type { LaneQueue } from './queue.ts'
import type { ClaimedRow, Sender } from '../deliver/sender.ts'

/** A claimed row that was to leave so long ago is claimed for longer, or given back if nobody wants it soon. */
const OLD_MS = 1_000

type Dependencies = {
  lane: Carrier
  queue: LaneQueue
  sender: Sender
  /** Called when there is something new in stock, or nothing to be had. */
  changed: () => void
}
type Stocked = { claimed: ClaimedRow; fromMs: number }

/**
 * Rows of a lane that are claimed ahead of their turn, in their order, so that reading and claiming them costs no turn
 * however slow MongoDB is. What is not sent is given back.
 */
export class LaneStock {
  /** Rows that are being read and claimed. */
  coming = 0
  /** How long that takes, of late. */
  cycleMs = 0
  private readonly deps: Dependencies
  private rows: Stocked[] = []
  private filling: Promise<void> | undefined
  private readonly tending = new Set<Promise<void>>()

  constructor(deps: Dependencies) {
    this.deps = deps
  }

  get size(): number {
    return this.rows.length
  }

  get isFilling(): boolean {
    return this.filling !== undefined
  }

  /** Claims up to `count` more rows, to leave from then on; one such at a time. Rejects with what reading them threw. */
  async fill(webhook: WebhookDocument, count: number, fromMs: number): Promise<void> {
    if (this.filling) return
    this.coming = count
    const begunMs = preciseNow()
    this.filling = this.claimNext(webhook, count, Math.max(fromMs, begunMs + this.cycleMs))
    try {
      await this.filling
    } finally {
      this.filling = undefined
      this.coming = 0
      this.cycleMs = Math.max(preciseNow() - begunMs, this.cycleMs / 2)
      this.deps.changed()
    }
  }

  /** The next row, claimed; it is the caller's now. */
  next(): ClaimedRow | undefined {
    return this.rows.shift()?.claimed
  }

  /** Keeps the claims of those that are wanted soon alive, and gives back what has become old beyond them. */
  tend(webhook: WebhookDocument, wanted: number): void {
    const oldMs = preciseNow() - OLD_MS
    const isSurplus = ({ fromMs }: Stocked, index: number) => index >= wanted && fromMs < oldMs
    const surplus = this.rows.filter(isSurplus)
    this.rows = this.rows.filter((one, index) => !isSurplus(one, index))
    for (const one of surplus) this.keep(this.giveBack(one))
    for (const one of this.rows) if (one.fromMs < oldMs) this.keep(this.renew(one, webhook))
  }

  /** Gives back all that is left, when what is under way has ended. */
  async close(): Promise<void> {
    await this.filling?.catch(() => undefined)
    const left = this.rows.splice(0)
    await Promise.all([...this.tending, ...left.map((one) => this.giveBack(one))])
  }

  private async claimNext(webhook: WebhookDocument, count: number, fromMs: number): Promise<void> {
    const rows = await this.deps.queue.take(count)
    this.coming = rows.length
    const claimed = await Promise.all(rows.map((row) => this.claim(row, webhook, fromMs)))
    for (const one of claimed) if (one) this.rows.push({ claimed: one, fromMs })
  }

  private async claim(
    row: DeliveryDocument,
    webhook: WebhookDocument,
    fromMs: number,
  ): Promise<ClaimedRow | undefined> {
    const { queue, sender, lane } = this.deps
    try {
      const claimed = await sender.claim(row, webhook, lane, fromMs)
      if (!claimed) queue.taken(row._id)
      return claimed
    } catch (error) {
      queue.broken(row._id, error)
      return undefined
    }
  }

  private async renew(stocked: Stocked, webhook: WebhookDocument): Promise<void> {
    const { claimed } = stocked
    stocked.fromMs = preciseNow()
    if ((await this.deps.sender.ready(claimed, webhook)) === 'claimed') return
    this.rows = this.rows.filter((one) => one !== stocked)
    this.deps.queue.taken(claimed.row._id)
  }

  private async giveBack({ claimed }: Stocked): Promise<void> {
    const { queue, sender } = this.deps
    try {
      await sender.giveBack(claimed)
      queue.later(claimed.row._id, 0)
    } catch (error) {
      queue.broken(claimed.row._id, error)
    }
  }

  private keep(work: Promise<void>): void {
    const kept = work
      .catch(() => undefined)
      .finally(() => {
        this.tending.delete(kept)
      })
    this.tending.add(kept)
  }
}
