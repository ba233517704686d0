import type { Json } from '../support/herald.ts'
import { until } from '../support/until.ts'
import type { Api } from './api.ts'
import type { Ask, JudgedWebhook } from './judge/history.ts'
import { type Journal, preciseNow } from './journal.ts'
import { LIMIT, LIMIT_PER_MS } from './mixture.ts'
import { oneOf, type Random, weighted } from './random.ts'

/** How far back an action reaches for something to act on. */
const RECENT_REQUESTS = 300
const REPLAYED_MS = 15_000
const REPLAY_RATE = 20
/** A change of a webhook is in force within this. */
const IN_FORCE_MS = 1_000
/** What is not finished, to cancel some of it. */
const OWED = ['pending', 'held', 'retrying']

type Named = { delivery: string } | { event: string } | { webhook: string; fromMs: number }

/** What operators do while everything is under load; every ask is written down for the judge. */
export class Actions {
  readonly asks: Ask[] = []
  private readonly api: Api
  private readonly journal: Journal
  private readonly webhooks: Map<string, JudgedWebhook>
  private readonly random: Random

  constructor(parts: { api: Api; journal: Journal; webhooks: JudgedWebhook[]; random: Random }) {
    this.api = parts.api
    this.journal = parts.journal
    this.webhooks = new Map(parts.webhooks.map((webhook) => [webhook.name, webhook]))
    this.random = parts.random
  }

  /** One of them at random. */
  async act(): Promise<void> {
    const action = weighted(this.random, [
      [6, () => this.redeliver()],
      [2, () => this.rerun()],
      [3, () => this.cancel()],
      [1, () => this.replay(this.named('dead'))],
      [1, () => this.replay(this.named('paused'))],
      [1, () => this.replay(this.named('limited'))],
      [1, () => this.replay(this.named('healthy'), 'delivered')],
      [2, () => this.pause()],
      [2, () => this.toggle()],
    ])
    await action()
  }

  /** Nothing is paused after this. Throws where it cannot be resumed. */
  async resumeAll(): Promise<void> {
    const paused = this.named('paused')
    const resume = () => this.api.call('POST', `/v1/webhooks/${paused.id}/resume`)
    const isDone = async () => (await resume()).status === 200
    await until(isDone, { seconds: 120, everyMs: 500, what: 'a webhook that is resumed' })
    paused.isPaused = false
  }

  private async redeliver(): Promise<void> {
    const request = oneOf(this.random, this.journal.requests.slice(-RECENT_REQUESTS))
    if (!request) return
    const { delivery } = request
    await this.ask('redeliver', { delivery }, `/v1/deliveries/${delivery}/redeliver`)
  }

  private async rerun(): Promise<void> {
    const failed = this.journal.requests
      .slice(-RECENT_REQUESTS)
      .filter(({ webhook }) => webhook === 'dead' || webhook === 'hanging' || webhook === 'failing')
    const event = oneOf(this.random, failed)?.event
    if (event) await this.ask('rerun', { event }, `/v1/events/${event}/rerun`)
  }

  private async cancel(): Promise<void> {
    const webhook = oneOf(this.random, [...this.webhooks.values()])
    const state = oneOf(this.random, OWED)
    const query = `webhook=${webhook?.id}&state=${state}&limit=20`
    const { body } = await this.api.call('GET', `/v1/deliveries?${query}`)
    const [one] = (body['data'] ?? []) as Json[]
    if (!one) return
    const delivery = String(one['id'])
    await this.ask('cancel', { delivery }, `/v1/deliveries/${delivery}/cancel`)
  }

  private async replay({ id }: JudgedWebhook, state?: 'delivered'): Promise<void> {
    const fromMs = Date.now() - REPLAYED_MS
    const filter = { webhook: id, from: new Date(fromMs).toISOString(), ...(state && { state }) }
    const body = { filter, rate: REPLAY_RATE, ...(state && { force: true }) }
    await this.ask('replay', { webhook: id, fromMs }, '/v1/replays', body)
  }

  private async pause(): Promise<void> {
    const webhook = this.named('paused')
    const verb = webhook.isPaused ? 'resume' : 'pause'
    if (verb === 'pause') webhook.wasPaused = true
    const { status } = await this.api.call('POST', `/v1/webhooks/${webhook.id}/${verb}`)
    if (status === 200) webhook.isPaused = verb === 'pause'
  }

  /** Takes the limit off, or sets it; it is judged while it is in force without doubt. */
  private async toggle(): Promise<void> {
    const { id, limits } = this.named('toggled')
    const path = `/v1/webhooks/${id}`
    const { status, body } = await this.api.call('GET', path)
    if (status !== 200) return
    const rateLimit = body['rateLimit'] ? null : LIMIT
    const last = limits.at(-1)
    if (last) last.toMs = Math.min(last.toMs, preciseNow())
    const changed = await this.api.call('PATCH', path, { rateLimit }, { 'if-match': '*' })
    if (changed.status !== 200 || !rateLimit) return
    const fromMs = preciseNow() + IN_FORCE_MS
    limits.push({ limit: LIMIT.limit, perMs: LIMIT_PER_MS, fromMs, toMs: Infinity })
  }

  /** What was refused was not asked for; what was not answered may have been done. */
  private async ask(kind: Ask['kind'], named: Named, path: string, body?: Json): Promise<void> {
    const ask: Ask = { kind, atMs: preciseNow(), untilMs: Infinity, ...named }
    this.asks.push(ask)
    const { status } = await this.api.call('POST', path, body)
    ask.untilMs = preciseNow()
    if (status >= 400 && status < 500) this.asks.splice(this.asks.indexOf(ask), 1)
  }

  private named(name: string): JudgedWebhook {
    const webhook = this.webhooks.get(name)
    if (!webhook) throw new Error(`there is no webhook ${name}`)
    return webhook
  }
}
