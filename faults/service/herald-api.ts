import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { type LoadHook, TO_ALL } from '../load/webhooks.ts'
import type { CancelAsk, Final, JudgedHook, NewEvent, Service } from './service.ts'

const PATIENCE_MS = 10_000
const TRIES = 60
const AGAIN_MS = 1_000
/** Details that are read at a time. */
const AT_A_TIME = 8
const OWED = new Set(['pending', 'held', 'retrying'])

const summarySchema = z.object({
  id: z.string(),
  event: z.string(),
  webhook: z.string(),
  state: z.string(),
  reason: z.object({ code: z.string() }).optional(),
})
const pageSchema = z.object({
  data: z.array(summarySchema),
  page: z.object({ next: z.string().nullable() }),
})
const detailSchema = z.object({
  attempts: z.array(z.object({ number: z.number(), outcome: z.string() })),
})
const createdSchema = z.object({ id: z.string(), secret: z.string() })

/** What the harness asks of herald, over its API and nothing else. */
export class HeraldApi {
  private readonly apis: readonly string[]
  private readonly headers: Record<string, string>
  private readonly names = new Map<string, string>()
  private asked = 0

  /** `apis`: host:port of each herald that serves. */
  constructor(apis: readonly string[], key: string) {
    this.apis = apis
    this.headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  }

  asService(): Pick<Service, 'publication' | 'accepts' | 'setUp' | 'records'> {
    return {
      publication: ({ event, type, proof }: NewEvent, nth) => ({
        url: `http://${this.apis[nth % this.apis.length]}/v1/events`,
        headers: this.headers,
        body: JSON.stringify({ id: event, type, data: { proof } }),
      }),
      accepts: (status) => status === 202,
      setUp: (hooks, receiver) => this.setUp(hooks, receiver),
      records: {
        cancel: (ask) => this.cancel(ask),
        owed: (events) => this.owed(events),
        finals: () => this.finals(),
      },
    }
  }

  private async setUp(hooks: readonly LoadHook[], receiver: string): Promise<JudgedHook[]> {
    const made: JudgedHook[] = []
    for (const hook of hooks) {
      const { name, attempts, delayMs, limit } = hook
      const types = [`faults.${name}`, TO_ALL]
      const answer = await this.call('POST', '/v1/webhooks', {
        name,
        events: types,
        target: { type: 'http', url: `${receiver}/${name}`, timeout: '5s' },
        retry: { type: 'fixed', interval: `${delayMs}ms`, retries: attempts - 1 },
        autoDisable: null,
        ...(limit && { rateLimit: { limit: limit.limit, per: `${limit.perMs}ms` } }),
      })
      if (answer.status !== 201) throw new Error(`webhook ${name}: ${answer.text}`)
      const { id, secret } = createdSchema.parse(JSON.parse(answer.text))
      this.names.set(id, name)
      made.push({ ...hook, types, secret })
    }
    return made
  }

  private async cancel(ask: CancelAsk): Promise<void> {
    const [id] = [...this.names].find(([, name]) => name === 'cancelled') ?? []
    const { status, text } = await this.call(
      'GET',
      `/v1/deliveries?webhook=${id}&state=retrying&limit=20`,
    )
    if (status !== 200) return
    for (const { id: delivery, event } of pageSchema.parse(JSON.parse(text)).data)
      await ask({ event, webhook: 'cancelled', delivery }, async () => {
        const answer = await this.call('POST', `/v1/deliveries/${delivery}/cancel`)
        return answer.status
      })
  }

  private async owed(events: ReadonlySet<string>): Promise<number> {
    const all = await this.deliveries()
    const known = new Set(all.map(({ event }) => event))
    const open = all.filter(({ state }) => OWED.has(state)).map(({ event }) => event)
    const missing = [...events].filter((event) => !known.has(event))
    return new Set([...open, ...missing]).size
  }

  private async finals(): Promise<Final[]> {
    const left = await this.deliveries()
    const finals: Final[] = []
    const take = async () => {
      for (let one = left.pop(); one; one = left.pop()) {
        const { id: delivery, event, webhook, state, reason } = one
        const { attempts } = detailSchema.parse(await this.read(`/v1/deliveries/${delivery}`))
        const name = this.names.get(webhook) ?? webhook
        const shown = attempts.map(({ number, outcome }) => ({ number, outcome }))
        finals.push({
          event,
          webhook: name,
          delivery,
          state,
          reason: reason?.code,
          attempts: shown,
        })
      }
    }
    await Promise.all(Array.from({ length: AT_A_TIME }, take))
    return finals
  }

  private async deliveries(): Promise<z.infer<typeof summarySchema>[]> {
    const all: z.infer<typeof summarySchema>[] = []
    let next: string | null = ''
    do {
      const cursor: string = next ? `&cursor=${next}` : ''
      const page = pageSchema.parse(await this.read(`/v1/deliveries?limit=100${cursor}`))
      all.push(...page.data)
      next = page.page.next
    } while (next)
    return all
  }

  /** What it answers once it does, within a minute. */
  private async read(path: string): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      const { status, text } = await this.call('GET', path)
      if (status === 200) return JSON.parse(text)
      if (tries === TRIES) throw new Error(`${path}: ${status} ${text.slice(0, 300)}`)
      await sleep(AGAIN_MS)
    }
  }

  /** Status 0: nobody answered. */
  private call(method: string, path: string, body?: object) {
    const api = this.apis[this.asked++ % this.apis.length]
    return fetch(`http://${api}${path}`, {
      method,
      headers: this.headers,
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(body && { body: JSON.stringify(body) }),
    }).then(
      async (response) => ({ status: response.status, text: await response.text() }),
      () => ({ status: 0, text: '' }),
    )
  }
}
