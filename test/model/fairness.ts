import type { DeliveryDocument } from '../../src/models/deliveries/document.ts'
import type { Seen } from './receiver.ts'

/** A lane that may send, and sees so many requests of others leave in so long a time, starves. */
const STARVED_MS = 3_000
const OTHERS_MOST = 8

/** Watches that a lane gets its turn beside others of its origin. It knows first attempts only, and only while all is calm. */
export class Fairness {
  /** By webhook: since when its rows wait for their first request. */
  private readonly waiting = new Map<string, Map<string, number>>()
  private readonly requests: Seen[] = []
  private isOff = false

  /** Rows were stored. */
  stored(rows: Pick<DeliveryDocument, '_id' | 'webhook' | 'state'>[], nowMs: number): void {
    for (const { _id, webhook, state } of rows) {
      if (state !== 'held') continue
      const held = this.waiting.get(webhook) ?? new Map<string, number>()
      this.waiting.set(webhook, held.set(_id, held.get(_id) ?? nowMs))
    }
  }

  /** Something may have changed what is owed: what waits now is forgotten. */
  forget(): void {
    this.waiting.clear()
  }

  /** Something is out of order: from now on a lane may have to wait. */
  turnOff(): void {
    this.isOff = true
  }

  /** The webhook whose lane starves, as this request of another one leaves. */
  starved(seen: Seen): string | undefined {
    this.requests.push(seen)
    this.waiting.get(seen.webhook)?.delete(seen.delivery)
    if (this.isOff) return undefined
    return [...this.waiting.keys()].find((webhook) => this.isStarved(webhook, seen.startMs))
  }

  private isStarved(webhook: string, nowMs: number): boolean {
    const own = this.requests.filter((one) => one.webhook === webhook).map((one) => one.endMs)
    const oldestMs = Math.min(...(this.waiting.get(webhook)?.values() ?? []))
    const sinceMs = Math.max(oldestMs, ...own)
    if (nowMs - sinceMs < STARVED_MS) return false
    return this.requests.filter((one) => one.startMs >= sinceMs).length >= OTHERS_MOST
  }
}
