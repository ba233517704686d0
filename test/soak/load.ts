import { setTimeout as sleep } from 'node:timers/promises'
import type { Api } from './api.ts'
import type { Accepted } from './judge/history.ts'

const AGAIN_MS = 500
/** Events that wait to be accepted at once. */
const MOST_WAITING = 50
const GIVE_UP_MS = 180_000

/** An event to post, and the ids of the webhooks that must get it. */
export type NewEvent = { id: string; type: string; webhooks: string[] }
type Pace = {
  perSecond: number
  next: (n: number) => NewEvent
  signal?: AbortSignal
  count?: number
}

/** Posts events as a sender does that keeps its promise: the same one again until it is accepted. */
export class Load {
  readonly accepted: Accepted[] = []
  /** Events that nobody accepted for three minutes. */
  readonly refused: string[] = []
  private readonly api: Api
  private readonly posts = new Set<Promise<void>>()

  constructor(api: Api) {
    this.api = api
  }

  /**
   * Posts the events that `next` makes at this pace until the signal, or as many as `count`. While many wait to be accepted
   * it makes no more: a crowd that comes back would be a load of its own.
   */
  async run({ perSecond, next, signal, count = Infinity }: Pace): Promise<void> {
    let dueMs = performance.now()
    for (let n = 0; n < count; n++) {
      await sleep(Math.max(dueMs - performance.now(), 0))
      while (this.posts.size >= MOST_WAITING) await Promise.race(this.posts)
      if (signal?.aborted) return
      this.post(next(n))
      dueMs = Math.max(dueMs + 1_000 / perSecond, performance.now() - 1_000)
    }
  }

  /** Resolves when every event was accepted or given up. */
  async end(): Promise<void> {
    await Promise.all(this.posts)
  }

  private post(event: NewEvent): void {
    const post = this.untilAccepted(event).finally(() => this.posts.delete(post))
    this.posts.add(post)
  }

  private async untilAccepted({ id, type, webhooks }: NewEvent): Promise<void> {
    for (const end = Date.now() + GIVE_UP_MS; Date.now() < end; await sleep(AGAIN_MS)) {
      const { status } = await this.api.call('POST', '/v1/events', { id, type, data: { id } })
      if (status !== 202) continue
      this.accepted.push({ event: id, webhooks })
      return
    }
    this.refused.push(id)
  }
}
