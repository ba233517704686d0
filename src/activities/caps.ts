import type { ErrorCode } from '../delivery/types.ts'
import type { WebhookDocument } from '../models/webhook.ts'
import { type Cap, Slots } from './slots.ts'

/** Most requests of one process that are open at once. */
export type CapLimits = { perOrigin: number; perTenant: number }
type Owner = Pick<WebhookDocument, '_id' | 'tenant' | 'target' | 'concurrency'>

/** What an origin that only times out keeps, so that it holds few of the slots that others need. */
const SLOW_LIMIT = 8
const SLOW_CODES: readonly string[] = [
  'timeout',
  'connect_timeout',
  'dns_error',
] satisfies ErrorCode[]
/** Rounds hold activities of the worker, which are fewer than requests; a waiting round would hold one for nothing. */
const ROUND_PATIENCE_MS = 1_000
const ROUNDS_PER_REQUEST = 2

/**
 * Keeps one bad receiver, and one busy tenant, from taking all that a process can do. Every request counts under its
 * webhook, its origin and its tenant; an origin loses half of its share with each timeout, and doubles it with each
 * answer.
 */
export class Caps {
  private readonly slots: Slots
  private readonly rounds = new Slots()
  private readonly limits: CapLimits
  /** Only origins that have less than their full share. */
  private readonly slowed = new Map<string, number>()

  constructor(slots: Slots, limits: CapLimits) {
    this.slots = slots
    this.limits = limits
  }

  /** Resolves to the release of one request's slots, or to undefined if they were not free for `patienceMs`. */
  request(webhook: Owner, patienceMs: number): Promise<(() => void) | undefined> {
    return this.slots.acquireAll(this.all(webhook), patienceMs)
  }

  /** As request, without waiting. */
  freeRequest(webhook: Owner): (() => void) | undefined {
    return this.slots.takeFree(this.all(webhook))
  }

  /** The same for a round over what is due for the webhook; undefined soon, so that Temporal brings it again later. */
  round(webhook: Owner): Promise<(() => void) | undefined> {
    const patienceMs = this.slowed.has(originOf(webhook)) ? 0 : ROUND_PATIENCE_MS
    const own = { key: webhook._id, limit: () => Infinity }
    return this.rounds.acquireAll([own, ...this.shared(webhook, ROUNDS_PER_REQUEST)], patienceMs)
  }

  /** How an attempt ended: the code of its failure, if it failed. */
  note(webhook: Owner, code: string | undefined): void {
    const origin = originOf(webhook)
    const share = this.slowed.get(origin)
    if (code !== undefined && SLOW_CODES.includes(code)) {
      const half = Math.ceil((share ?? this.limits.perOrigin) / 2)
      this.slowed.set(origin, Math.min(Math.max(half, SLOW_LIMIT), this.limits.perOrigin))
    } else if (share !== undefined) {
      if (share * 2 < this.limits.perOrigin) this.slowed.set(origin, share * 2)
      else this.slowed.delete(origin)
    }
  }

  private all(webhook: Owner): Cap[] {
    const own = { key: webhook._id, limit: () => webhook.concurrency }
    return [own, ...this.shared(webhook, 1)]
  }

  private shared(webhook: Owner, factor: number): Cap[] {
    const origin = originOf(webhook)
    const ofOrigin = () => this.slowed.get(origin) ?? this.limits.perOrigin * factor
    return [
      { key: origin, limit: ofOrigin },
      { key: `tenant ${webhook.tenant}`, limit: () => this.limits.perTenant },
    ]
  }
}

function originOf({ target }: Owner): string {
  return new URL(target.url).origin
}
