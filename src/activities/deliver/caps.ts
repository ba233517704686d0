import { preciseNow } from '../../clock.ts'
import { type CapLimits, msEach, shareAfter, sharedCaps } from '../../delivery/open-requests.ts'
import { PLACE_WAIT_MS } from '../../delivery/pass-limit.ts'
import type { WebhookDocument } from '../../models/webhooks/document.ts'
import { DrainRate } from './drain-rate.ts'
import { type Cap, type Patience, type Release, Permits } from './permits.ts'

type Owner = Pick<WebhookDocument, '_id' | 'tenant' | 'target' | 'concurrency'>
/** A pass's first place; or when its turn is likely, where it is no use to wait here. */
export type PassPlace = { kind: 'placed'; release: Release } | { kind: 'later'; inMs: number }

/** Rows in hand for each open request: while one is on its way, the next is claimed. */
const PLACES_PER_REQUEST = 2
/** Passes that wait hold activities of the worker, so there are so many at most. */
const WAITING_PASSES = { perOrigin: 250, perTenant: 500, all: 2_000 }
/** A pass whose turn is further away is put off: to wait here would cost more than to come again. */
const WAIT_LIKELY_MS = 10_000
const LATER_LEAST_MS = 1_000
/** Nobody is put off for longer: what holds a receiver up may be over by then. */
const LATER_MOST_MS = 40_000
const PACES_MAX = 10_000

/** How fast a webhook's rows get through, and when the next that is put off should come. */
type Pace = { drain: DrainRate; turnMs: number }

/**
 * Keeps one bad receiver, and one busy tenant, from taking all that a process can do. Every open request counts under its
 * webhook, its origin and its tenant, and so does, apart from that, every row that somebody has in hand to send it; how many
 * may be open is said in delivery/open-requests.ts.
 */
export class Caps {
  private readonly requests = new Permits()
  private readonly places = new Permits()
  private readonly waitingPasses = new Permits()
  private readonly limits: CapLimits
  /** Only webhooks that have less than their full share. */
  private readonly slowed = new Map<string, number>()
  private readonly paces = new Map<string, Pace>()

  private readonly random: () => number

  /** From when the process is to stop nobody waits any more. */
  constructor(limits: CapLimits, deps: { random: () => number; stopping: AbortSignal }) {
    this.limits = limits
    this.random = deps.random
    deps.stopping.addEventListener('abort', () => {
      this.requests.close()
      this.places.close()
    })
  }

  /** Resolves to the release of an open request's permits, or to undefined if they did not come free in time. */
  request(webhook: Owner, patience: Patience): Promise<Release | undefined> {
    return this.requests.acquire(this.caps(webhook, 1), patience)
  }

  /** The same for a row in hand: what is claimed, and waits for its request's permits or has them. */
  async place(webhook: Owner, patience: Patience): Promise<Release | undefined> {
    const release = await this.places.acquire(this.caps(webhook, PLACES_PER_REQUEST), patience)
    return release && this.counted(webhook, release)
  }

  /** The first place of a pass over what is due for the webhook: waits for it if its turn is likely to come soon. */
  async pass(webhook: Owner, signal: AbortSignal): Promise<PassPlace> {
    const free = await this.place(webhook, { patienceMs: 0 })
    if (free) return { kind: 'placed', release: free }
    const leave = this.likelyInMs(webhook) < WAIT_LIKELY_MS && this.waitingRoom(webhook)
    if (leave) {
      const patience = { patienceMs: PLACE_WAIT_MS, signal }
      const release = await this.place(webhook, patience).finally(leave)
      if (release) return { kind: 'placed', release }
    }
    return { kind: 'later', inMs: this.laterMs(webhook) }
  }

  /** Most requests of the webhook alone that may be open at the moment. */
  limitOf({ _id, concurrency }: Pick<Owner, '_id' | 'concurrency'>): number {
    return Math.min(this.slowed.get(_id) ?? concurrency, concurrency)
  }

  /** How an attempt ended: the code of its failure, if it failed. */
  note({ _id, concurrency }: Owner, code: string | undefined): void {
    const share = shareAfter(this.slowed.get(_id), concurrency, code)
    if (share === undefined) this.slowed.delete(_id)
    else this.slowed.set(_id, share)
  }

  private caps(webhook: Owner, factor: number): Cap[] {
    const { _id, tenant, concurrency } = webhook
    const isSlow = this.slowed.has(_id)
    const limit = () => (this.slowed.has(_id) ? this.limitOf(webhook) : concurrency * factor)
    const sharing = { tenant, origin: originOf(webhook) }
    const shared = sharedCaps(sharing, this.limits, { isSlow, factor })
    return [
      { key: _id, limit },
      ...shared.map(({ most, ...cap }) => ({ ...cap, limit: () => most })),
    ]
  }

  /** Lets a pass wait in this process; undefined where too many do. */
  private waitingRoom(webhook: Owner): Release | undefined {
    const { perOrigin, perTenant, all } = WAITING_PASSES
    return this.waitingPasses.free([
      { key: originOf(webhook), limit: () => perOrigin },
      { key: `tenant ${webhook.tenant}`, limit: () => perTenant },
      { key: 'all', limit: () => all },
    ])
  }

  private counted(webhook: Owner, release: Release): Release {
    return () => {
      release()
      this.paceOf(webhook).drain.count(preciseNow())
    }
  }

  /** When a row that comes now should get its place: behind those that wait, at the speed that was seen of late. */
  private likelyInMs(webhook: Owner): number {
    return (this.places.waiting(webhook._id) + 1) * this.msEach(webhook)
  }

  /** As likelyInMs, and behind those that were put off before. */
  private laterMs(webhook: Owner): number {
    const now = preciseNow()
    const pace = this.paceOf(webhook)
    const turnMs = Math.max(now + this.likelyInMs(webhook), pace.turnMs)
    pace.turnMs = Math.min(turnMs + this.msEach(webhook), now + LATER_MOST_MS)
    const spreadMs = LATER_MOST_MS * (0.5 + this.random() / 2)
    const inMs = turnMs - now
    return inMs < LATER_MOST_MS ? Math.max(inMs, LATER_LEAST_MS) : spreadMs
  }

  private msEach(webhook: Owner): number {
    const seen = this.paceOf(webhook).drain.perMs(preciseNow())
    return msEach(this.limitOf(webhook), webhook.target.timeout, seen)
  }

  private paceOf({ _id }: Owner): Pace {
    const known = this.paces.get(_id)
    if (known) return known
    const now = preciseNow()
    if (this.paces.size >= PACES_MAX)
      for (const [id, { drain }] of this.paces) if (drain.isForgotten(now)) this.paces.delete(id)
    const made = { drain: new DrainRate(now), turnMs: 0 }
    this.paces.set(_id, made)
    return made
  }
}

function originOf({ target }: Owner): string {
  return new URL(target.url).origin
}
