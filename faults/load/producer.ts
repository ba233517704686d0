import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Random, weighted } from '../../test/soak/random.ts'
import type { Ledger } from '../history.ts'
import type { JudgedHook, NewEvent, Service, Target } from '../service/service.ts'
import { TO_ALL, TO_ALL_SHARE } from './webhooks.ts'

const PATIENCE_MS = 10_000
const AGAIN_MS = 500
const GIVE_UP_MS = 60_000
const MOST_WAITING = 300

type Produced = { service: Service; ledger: Ledger; hooks: readonly JudgedHook[]; random: Random }

/** Publishes events at a rate, each until it is accepted; every call is in the ledger before it, and after it. */
export class Producer implements Produced {
  /** Events whose acceptance is on disk. */
  readonly acked = new Set<string>()
  /** Those that nobody accepted for a minute. */
  readonly refused: string[] = []
  readonly service: Service
  readonly ledger: Ledger
  readonly hooks: readonly JudgedHook[]
  readonly random: Random
  private readonly posts = new Set<Promise<void>>()
  private readonly runId = Math.floor(Math.random() * 36 ** 6).toString(36)
  private factor = 1
  private calls = 0

  constructor({ service, ledger, hooks, random }: Produced) {
    this.service = service
    this.ledger = ledger
    this.hooks = hooks
    this.random = random
  }

  /** The load as a part that can be hurt: so many times as much. */
  get target(): Target {
    return {
      role: 'way in',
      hurt: async (_, amount) => {
        this.factor = amount
        return async () => void (this.factor = 1)
      },
    }
  }

  /** Until the signal. While many wait to be accepted it makes no more: a crowd that comes back would be a load of its own. */
  async run(perSecond: number, signal: AbortSignal): Promise<void> {
    let dueMs = performance.now()
    for (let n = 0; !signal.aborted; n++) {
      await sleep(Math.max(dueMs - performance.now(), 0))
      while (this.posts.size >= MOST_WAITING) await Promise.race(this.posts)
      const post = this.untilAccepted(this.next(n)).finally(() => this.posts.delete(post))
      this.posts.add(post)
      dueMs = Math.max(dueMs + 1_000 / (perSecond * this.factor), performance.now() - 1_000)
    }
  }

  /** Resolves when every event was accepted or given up. */
  async end(): Promise<void> {
    await Promise.all(this.posts)
  }

  private next(n: number): NewEvent {
    const event = `flt-${this.runId}-${n}`
    const digest = createHash('sha256').update(event).digest('hex').slice(0, 32)
    const choices = this.hooks.map(({ share, name }) => [share, `faults.${name}`] as const)
    const type = weighted(this.random, [...choices, [TO_ALL_SHARE, TO_ALL]])
    return { event, type, proof: `${event}.${digest}` }
  }

  private async untilAccepted(event: NewEvent): Promise<void> {
    for (const end = Date.now() + GIVE_UP_MS; Date.now() < end; await sleep(AGAIN_MS)) {
      const call = this.calls++
      const operation = { process: call, f: 'publish', value: event } as const
      await this.ledger.append({ ...operation, type: 'invoke' })
      const status = await this.post(event, call)
      const isOk = this.service.accepts(status)
      // 0 and 5xx may have been accepted all the same
      const type = isOk ? 'ok' : status >= 400 && status < 500 ? 'fail' : 'info'
      await this.ledger.append({ ...operation, type, value: { ...event, status } })
      if (isOk) return void this.acked.add(event.event)
    }
    this.refused.push(event.event)
  }

  private post(event: NewEvent, call: number): Promise<number> {
    const { url, headers, body } = this.service.publication(event, call)
    const signal = AbortSignal.timeout(PATIENCE_MS)
    return fetch(url, { method: 'POST', headers, body, signal }).then(
      async (response) => {
        await response.arrayBuffer()
        return response.status
      },
      () => 0,
    )
  }
}
