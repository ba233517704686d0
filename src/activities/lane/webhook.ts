import { ruleOf } from '../../delivery/row-rule.ts'
import type { Models } from '../../models/connect.ts'
import type { DeliveryChanges } from '../../models/deliveries/changes.ts'
import type { DeliveryReads } from '../../models/deliveries/reads.ts'
import type { LaneRows } from '../../models/deliveries/lane-rows.ts'
import type { WebhookDocument } from '../../models/webhooks/document.ts'
import { FreshWebhook } from '../deliver/fresh-webhook.ts'
import type { LaneBells } from './bells.ts'
import { ruledRows } from '../deliver/ruled-rows.ts'

/** Rows that are ended together when their webhook is over. */
const END_PAGE = 1_000

type Dependencies = {
  models: Models
  changes: DeliveryChanges
  reads: DeliveryReads
  laneRows: LaneRows
  bells: LaneBells
  now: () => number
}

/** The webhook of a lane as it is now, and what becomes of the lane's rows when it is over. */
export class LaneWebhook {
  /** As it was read last. */
  last: WebhookDocument | null = null
  private readonly id: string
  private readonly deps: Dependencies
  private readonly fresh: FreshWebhook
  private ending: Promise<void> | undefined

  constructor(id: string, deps: Dependencies) {
    this.id = id
    this.deps = deps
    this.fresh = new FreshWebhook(id, deps.models)
  }

  /** Waits until it is known. */
  async read(signal: AbortSignal): Promise<void> {
    this.last = await this.fresh.read(signal)
  }

  /**
   * Undefined while nothing may be sent; if that is for good, what the lane owes it is ended from now on. Throws what
   * reading it again threw.
   */
  active(): WebhookDocument | undefined {
    this.last = this.fresh.latest() ?? null
    const { rule } = ruleOf(this.last, {})
    if (rule === 'end') {
      this.ending ??= this.endAll(this.last)
      this.ending.catch(() => undefined)
    }
    return this.last && (rule === 'lane' || rule === 'send') ? this.last : undefined
  }

  /** Resolves when all is ended that has to be; throws what MongoDB refused of it. */
  async over(): Promise<void> {
    await this.ending
  }

  private async endAll(webhook: WebhookDocument | null): Promise<void> {
    const { laneRows, reads, bells } = this.deps
    for (;;) {
      const queued = [
        ...(await laneRows.held(this.id, END_PAGE)),
        ...(await laneRows.retrying(this.id, END_PAGE)),
      ]
      if (queued.length === 0) return
      const rows = await reads.open(queued.map((row) => row._id))
      // a test that was in the lane when its webhook was disabled ends with the rest
      const owed = rows.map(({ test: _test, ...row }) => row)
      await ruledRows(webhook, owed, this.deps)
      for (const row of rows) bells.settled(row._id)
    }
  }
}
