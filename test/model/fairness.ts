import { LANE_RUN, OPEN_STATES } from '../../src/delivery/types.ts'
import type { Models } from '../../src/models/connect.ts'
import type { Seen } from './receiver.ts'

/** A lane that may send, and sees so many requests of others leave in so long a time, starves. */
const STARVED_MS = 2_500
const OTHERS_MOST = 6

/** Watches that a lane gets its turn beside others of its origin, while all is calm. */
export class Fairness {
  private readonly models: Models
  private readonly requests: Seen[] = []
  private offUntilMs = -Infinity

  constructor(models: Models) {
    this.models = models
  }

  /** Something is out of order: until then a lane may have to wait. */
  turnOff(untilMs = Infinity): void {
    this.offUntilMs = Math.max(this.offUntilMs, untilMs)
  }

  /** The webhook whose lane starves, as this request of another one leaves. */
  async starved(seen: Seen): Promise<string | undefined> {
    this.requests.push(seen)
    const sinceMs = seen.startMs - STARVED_MS
    if (sinceMs < this.offUntilMs) return undefined
    const recent = this.requests.filter((one) => one.endMs > sinceMs)
    const others = recent.filter((one) => one.startMs >= sinceMs)
    if (others.length < OTHERS_MOST) return undefined
    const served = new Set(recent.map((one) => one.webhook))
    return (await this.waiting(new Date(sinceMs))).find((webhook) => !served.has(webhook))
  }

  /** Webhooks whose lanes could have sent something since then, and whose rows nobody touched. */
  private async waiting(since: Date): Promise<string[]> {
    const { webhooks, deliveries } = this.models
    const active = await webhooks
      .find({ state: 'active', rateLimit: { $ne: null }, updatedAt: { $lte: since } })
      .lean()
    const rows = await deliveries
      .find({
        webhook: { $in: active.filter((one) => !one.deletedAt).map((one) => one._id) },
        state: { $in: [...OPEN_STATES] },
        'carrier.run': LANE_RUN,
        updatedAt: { $lte: since },
        $or: [{ dueAt: { $exists: false } }, { dueAt: { $lte: since } }],
      })
      .lean()
    return rows.map((row) => row.webhook)
  }
}
