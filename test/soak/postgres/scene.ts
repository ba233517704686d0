import { until } from '../../support/until.ts'
import {
  type Ask,
  type Fault,
  type History,
  isOwed,
  type JudgedWebhook,
  type Request,
  type Verdict,
} from '../judge/history.ts'
import type { Receivers } from '../journal.ts'
import { judge } from '../judge.ts'
import { Load } from '../load.ts'
import type { Plan } from '../mixture.ts'
import type { Records } from '../judge/records.ts'
import { makeWebhook } from '../webhook.ts'
import type { World } from '../world.ts'

const FINISHED_SECONDS = 120

export type Stage = { world: World; receivers: Receivers; records: Records }

/** One part of the run: webhooks of its own, what is posted to them, and what the judge says of them alone. */
export class Scene {
  readonly asks: Ask[] = []
  readonly world: World
  /** What this part found wrong itself. */
  readonly wrong: string[] = []
  private readonly stage: Stage
  private readonly load: Load
  private readonly webhooks: JudgedWebhook[] = []
  private readonly faultsBefore: number

  constructor(stage: Stage) {
    this.stage = stage
    this.world = stage.world
    this.load = new Load(stage.world.api)
    this.faultsBefore = stage.world.faults.length
  }

  async webhook(plan: Omit<Plan, 'share'>): Promise<JudgedWebhook> {
    const { world, receivers } = this.stage
    const webhook = await makeWebhook(world.api, receivers, { ...plan, share: 1 })
    this.webhooks.push(webhook)
    return webhook
  }

  /** Posts this many events to one webhook at this pace, through both heralds in turn; resolves when all are accepted. */
  async post({ name, id }: JudgedWebhook, count: number, perSecond: number): Promise<void> {
    const type = `soak.${name}`
    const next = (n: number) => ({ id: `${name}-${n}`, type, webhooks: [id] })
    await this.load.run({ perSecond, next, count })
    await this.load.end()
  }

  /** Waits until every accepted event has a row and none is owed; the judge says what is missing after two minutes. */
  async finished(isFinished: (states: string[]) => boolean = () => true): Promise<void> {
    const ids = this.webhooks.map(({ id }) => id)
    const isOver = async () => {
      const rows = await this.stage.records.rows(ids)
      const states = rows.map(({ state }) => state)
      const isAll = rows.length >= this.load.accepted.length && !rows.some(isOwed)
      return isAll && isFinished(states)
    }
    await until(isOver, { seconds: FINISHED_SECONDS, what: 'every delivery', everyMs: 300 }).catch(
      (error: unknown) => this.wrong.push(String(error)),
    )
  }

  requests({ name }: JudgedWebhook): Request[] {
    return this.stage.receivers.journal.requests.filter(({ webhook }) => webhook === name)
  }

  /** What the judge and the part found. */
  async verdict(name: string, seen: string): Promise<Verdict> {
    const verdicts = judge(await this.history())
    const judged = verdicts.flatMap(({ name: promise, wrong }) =>
      wrong.map((one) => `${promise}: ${one}`),
    )
    const refused = this.load.refused.map((event) => `${event} was never accepted`)
    const numbers = verdicts.map((one) => one.seen).slice(0, 2)
    return {
      name,
      seen: [seen, ...numbers].join('; '),
      wrong: [...this.wrong, ...refused, ...judged],
    }
  }

  private async history(): Promise<History> {
    const { records, receivers, world } = this.stage
    const ids = this.webhooks.map(({ id }) => id)
    const names = new Set(this.webhooks.map((webhook) => webhook.name))
    const faults: Fault[] = world.faults.slice(this.faultsBefore)
    return {
      webhooks: this.webhooks,
      accepted: this.load.accepted,
      requests: receivers.journal.requests.filter(({ webhook }) => names.has(webhook)),
      faults,
      asks: this.asks,
      rows: await records.rows(ids),
      attempts: await records.attempts(ids),
      openWorkflows: [], // looked at when all parts are over
    }
  }
}
