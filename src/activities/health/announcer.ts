import { setTimeout as sleep } from 'node:timers/promises'
import type { EventEnvelope } from '../../delivery/types.ts'
import type { Logger } from '../../logger.ts'
import { HERALD_KEY } from '../../models/access/audit-entry.ts'
import type { Models } from '../../models/connect.ts'
import { patiently } from '../../models/patience.ts'
import type { Notice } from '../../models/webhooks/document.ts'
import { eventOfNotice } from './operator-notice.ts'

const DEADLINE_MS = 3_000
const PAUSE_MS = 2_000

export type AnnouncerDependencies = {
  models: Models
  logger: Logger
  now: () => number
  /** As ingest accepts: durable once resolved. Throws where that is not possible now. */
  accept: (events: EventEnvelope[], deadlineAtMs: number) => Promise<unknown>
  /** Aborted when the process is to stop; what is not said then is said by the next one. */
  stopping: AbortSignal
}

/**
 * Says what herald changed by itself: an audit entry and an operator event for each notice that is stored with a webhook.
 * A notice is removed after that, so a crash repeats it, under the same ids.
 */
export class Announcer {
  private readonly deps: AnnouncerDependencies

  constructor(deps: AnnouncerDependencies) {
    this.deps = deps
  }

  /** Says what a process that died, or stopped, did not. */
  async announceAll(): Promise<void> {
    const { models, stopping } = this.deps
    const outstanding = { notices: { $exists: true, $ne: [] } }
    const found = await patiently(
      () => models.webhooks.find(outstanding, { _id: 1 }).lean().exec(),
      stopping,
    )
    for (const { _id } of found) await this.announce(_id)
  }

  /** Says what is outstanding about one webhook; waits for MongoDB and Temporal. */
  async announce(id: string): Promise<void> {
    const { models, stopping } = this.deps
    const webhook = await patiently(
      () => models.webhooks.findById(id, { tenant: 1, notices: 1 }).lean().exec(),
      stopping,
    )
    for (const notice of webhook?.notices ?? []) await this.say(webhook?.tenant ?? '', id, notice)
  }

  private async say(tenant: string, id: string, notice: Notice): Promise<void> {
    const { models, logger, stopping } = this.deps
    logger.warn(notice.data, notice.type)
    await patiently(() => this.audit(tenant, notice), stopping)
    if (!notice.isSilent) await this.accept(eventOfNotice(tenant, notice))
    await patiently(
      () => models.webhooks.updateOne({ _id: id }, { $pull: { notices: { id: notice.id } } }),
      stopping,
    )
  }

  private async audit(tenant: string, { at, data, audit }: Notice): Promise<void> {
    if (!audit) return
    const { id, action, after } = audit
    const entry = { tenant, at, key: HERALD_KEY, action, resource: data.webhook, after }
    await this.deps.models.audit.updateOne({ _id: id }, { $setOnInsert: entry }, { upsert: true })
  }

  private async accept(event: EventEnvelope): Promise<void> {
    const { accept, now, stopping } = this.deps
    while (!stopping.aborted) {
      try {
        return void (await accept([event], now() + DEADLINE_MS))
      } catch (error) {
        this.deps.logger.warn({ event: event.id, err: error }, 'operator_event.delayed')
        await sleep(PAUSE_MS, undefined, { signal: stopping })
      }
    }
    stopping.throwIfAborted()
  }
}
