import type { z } from 'zod'
import { secondsFor } from '../../delivery/replay-pace.ts'
import { staleLinksWarning } from '../../delivery/stale-links.ts'
import { isMissed } from '../../filter/missed.ts'
import type { ReplayPosition } from '../../models/replays/page.ts'
import { type Candidate, readCandidates, type ReplayScope } from '../../models/replays/selection.ts'
import type { WebhookDocument } from '../../models/webhooks/document.ts'
import type { ApiDependencies } from '../dependencies.ts'
import type { replayCountSchema } from './view.ts'

const READ_MAX = 1_000

type Count = z.output<typeof replayCountSchema>
type Counted = Pick<ApiDependencies, 'models' | 'now'> & { rate: number }

/** Reads all that a replay would take, as the replay itself will, and counts it by day and by webhook. */
export async function countReplay(
  scope: ReplayScope,
  { models, now, rate }: Counted,
): Promise<Count> {
  const found = await models.webhooks
    .find({ tenant: scope.tenant, deletedAt: { $exists: false } })
    .lean<WebhookDocument[]>()
    .exec()
  const webhooks = new Map(found.map((webhook) => [webhook._id, webhook]))
  const named = webhooks.get(scope.filter.webhook ?? '')
  const tally = new Tally(webhooks, now())
  let after: ReplayPosition | null = null
  do {
    const read = await readCandidates(models, scope, {
      after,
      limit: READ_MAX,
      isMissed: async (event) => named !== undefined && isMissed(named, event, 'question'),
    })
    for (const candidate of read.candidates) tally.add(candidate)
    after = read.after
  } while (after)
  return tally.count(rate)
}

class Tally {
  private readonly days = new Map<string, number>()
  private readonly perWebhook = new Map<string, number>()
  private passedOver = 0
  private warning: { code: string; detail: string } | undefined
  private readonly webhooks: ReadonlyMap<string, WebhookDocument>
  private readonly nowMs: number

  constructor(webhooks: ReadonlyMap<string, WebhookDocument>, nowMs: number) {
    this.webhooks = webhooks
    this.nowMs = nowMs
  }

  add({ webhook, type, createdAt }: Candidate): void {
    if (this.webhooks.get(webhook)?.state !== 'active') {
      this.passedOver += 1
      return
    }
    const day = createdAt.toISOString().slice(0, 10)
    this.days.set(day, (this.days.get(day) ?? 0) + 1)
    this.perWebhook.set(webhook, (this.perWebhook.get(webhook) ?? 0) + 1)
    this.warning ??= staleLinksWarning({ type, createdAtMs: createdAt.getTime() }, this.nowMs)
  }

  count(rate: number): Count {
    const perWebhook = [...this.perWebhook].map(([webhook, count]) => ({
      webhook,
      name: this.webhooks.get(webhook)?.name ?? webhook,
      count,
    }))
    const perDay = [...this.days].map(([day, ofDay]) => ({ day, count: ofDay }))
    const count = perWebhook.reduce((sum, one) => sum + one.count, 0)
    return {
      count,
      perDay: perDay.toSorted((a, b) => a.day.localeCompare(b.day)),
      perWebhook: perWebhook.toSorted((a, b) => b.count - a.count),
      passedOver: this.passedOver,
      rate,
      estimatedSeconds: secondsFor(count, rate),
      ...(this.warning && { warnings: [this.warning] }),
    }
  }
}
