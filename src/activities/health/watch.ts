import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { autoDisableOf, healthOf } from '../../delivery/health.ts'
import { isOperatorEvent } from '../../delivery/operator-events.ts'
import type { DeliveryDocument } from '../../models/deliveries/document.ts'
import { patiently } from '../../models/patience.ts'
import type { WebhookDocument } from '../../models/webhooks/document.ts'
import {
  countFailures,
  disableWebhook,
  enableWebhook,
  endStreak,
  raiseAlarm,
} from '../../models/webhooks/health.ts'
import { Announcer, type AnnouncerDependencies } from './announcer.ts'
import { noticeOf } from './operator-notice.ts'

/** Failures of a webhook are written at most this often, together. */
const PAUSE_MS = 500

type Row = Pick<DeliveryDocument, 'type' | 'test'>
type StateReason = NonNullable<WebhookDocument['stateReason']>
type Failures = { count: number; firstAt: Date; /** Of operator events alone. */ isQuiet: boolean }
type Streak = { since: Date; attempts: number }
type Success = { at: Date; isTest: boolean }
type Reported = { failures?: Failures; success?: Success }

/**
 * Watches which webhooks only fail, warns of them and disables them as their policy says. Attempts report here and never
 * wait: what they report is gathered and written in the background, and a webhook that is well writes nothing.
 */
export class HealthWatch {
  private readonly reported = new Map<string, Reported>()
  /** Webhooks for which this process counted a failure and has seen no success since. */
  private readonly failing = new Set<string>()
  private readonly announcer: Announcer
  private readonly deps: AnnouncerDependencies

  constructor(deps: AnnouncerDependencies) {
    this.deps = deps
    this.announcer = new Announcer(deps)
  }

  /** To be called once, when the process can start workflows. */
  start(): void {
    this.inBackground('', () => this.announcer.announceAll())
  }

  /** The known outcome of an attempt. A test that fails says nothing of the webhook; one that succeeds does. */
  report(row: Row, webhook: WebhookDocument, outcome: { isSuccess: boolean; at: Date }): void {
    const { _id, state, health } = webhook
    const { isSuccess, at } = outcome
    if (isSuccess) {
      const isTest = row.test === true
      const wasFailing = this.failing.delete(_id) || health !== undefined
      if (wasFailing || (isTest && state === 'disabled')) this.add(_id, { success: { at, isTest } })
    } else if (!row.test) {
      this.failing.add(_id)
      const isQuiet = isOperatorEvent(row.type)
      this.add(_id, { failures: { count: 1, firstAt: at, isQuiet } })
    }
  }

  /** The receiver wants nothing more: the webhook is disabled. */
  gone(row: Row, webhook: WebhookDocument, stateReason: StateReason): void {
    this.inBackground(webhook._id, async () => {
      const { since = stateReason.at, attempts = 0 } = webhook.health ?? {}
      const streak = { since, attempts: attempts + 1, isQuiet: isOperatorEvent(row.type) }
      await this.disable(webhook, stateReason, streak)
    })
  }

  /** Adds to what is not written yet; a success makes the failures before it void. */
  private add(id: string, { success, failures }: Reported): void {
    const isRunning = this.reported.has(id)
    const before = success ? {} : (this.reported.get(id) ?? {})
    const together = before.failures && failures ? sum(before.failures, failures) : failures
    this.reported.set(id, {
      ...before,
      ...(success && { success }),
      ...(together && { failures: together }),
    })
    if (!isRunning) this.inBackground(id, () => this.write(id))
  }

  private async write(id: string): Promise<void> {
    try {
      for (;;) {
        const { success, failures } = this.reported.get(id) ?? {}
        if (!success && !failures) return
        this.reported.set(id, {})
        if (success) await this.succeeded(id, success)
        if (failures) await this.failed(id, failures)
        await sleep(PAUSE_MS, undefined, { signal: this.deps.stopping, ref: false })
      }
    } finally {
      this.reported.delete(id)
    }
  }

  private async failed(id: string, { isQuiet, ...failures }: Failures): Promise<void> {
    const { models, now, stopping } = this.deps
    const flush = randomUUID()
    const webhook = await patiently(
      () => countFailures(models.webhooks, id, { ...failures, flush }),
      stopping,
    )
    const { since, attempts = 0 } = webhook?.health ?? {}
    if (webhook?.state !== 'active' || webhook.deletedAt || !since) return
    const streak = { since, attempts, isQuiet }
    const share = { sinceMs: since.getTime(), attempts }
    const health = healthOf(share, autoDisableOf(webhook), now())
    if (health === 'disable')
      await this.disable(webhook, failingSince(streak, now()), { ...streak, isStreak: true })
    if (health === 'failing' && !isQuiet) await this.warn(webhook, streak)
  }

  /** Once a streak. */
  private async warn(webhook: WebhookDocument, { since, attempts }: Streak): Promise<void> {
    const { models, now, stopping } = this.deps
    const { _id: id, health } = webhook
    if (health?.alarm?.streak.getTime() === since.getTime()) return
    const { code, detail: reason, at } = failingSince({ since, attempts }, now())
    const notice = noticeOf('herald.webhook.failing', webhook, {
      at,
      since,
      attempts,
      code,
      reason,
    })
    const alarm = { type: 'failing', at, streak: since, attempts } as const
    await patiently(() => raiseAlarm(models.webhooks, id, { alarm, notice }), stopping)
    await this.announcer.announce(id)
  }

  private async disable(
    webhook: WebhookDocument,
    stateReason: StateReason,
    streak: Streak & { isQuiet: boolean; /** It must still last. */ isStreak?: boolean },
  ): Promise<void> {
    const { models, stopping } = this.deps
    const { since, attempts, isQuiet: isSilent, isStreak = false } = streak
    const { at, code, detail: reason } = stateReason
    const after = { state: 'disabled', stateReason: { ...stateReason, at: at.toISOString() } }
    const changed = { action: 'webhook.disabled', after }
    const fact = { at, since, attempts, code, reason, isSilent, changed }
    const change = {
      stateReason,
      alarm: { type: 'disabled', at, streak: since, attempts } as const,
      notice: noticeOf('herald.webhook.disabled', webhook, fact),
      ...(isStreak && { since }),
    }
    await patiently(() => disableWebhook(models.webhooks, webhook._id, change), stopping)
    await this.announcer.announce(webhook._id)
  }

  private async succeeded(id: string, { at, isTest }: Success): Promise<void> {
    const { models, stopping } = this.deps
    const { webhooks } = models
    const webhook = await patiently(
      () => webhooks.findById(id).lean<WebhookDocument>().exec(),
      stopping,
    )
    if (!webhook || webhook.deletedAt) return
    const isDisabled = webhook.state === 'disabled'
    if (isDisabled && !isTest) return
    const { alarm, attempts = 0 } = webhook.health ?? {}
    if (!alarm && !isDisabled)
      return void (await patiently(() => endStreak(webhooks, id), stopping))
    const notice = noticeOf('herald.webhook.recovered', webhook, {
      at,
      since: alarm?.streak ?? at,
      attempts: Math.max(attempts, alarm?.attempts ?? 0),
      code: 'delivered',
      reason: isDisabled ? 'A test succeeded; it is active again.' : 'It answered with success.',
      ...(isDisabled && { changed: { action: 'webhook.enabled', after: { state: 'active' } } }),
    })
    const change = () =>
      isDisabled
        ? enableWebhook(webhooks, id, notice)
        : endStreak(webhooks, id, alarm && { alarmAt: alarm.at, notice })
    await patiently(change, stopping)
    await this.announcer.announce(id)
  }

  private inBackground(webhook: string, work: () => Promise<void>): void {
    work().catch((error: unknown) => {
      if (this.deps.stopping.aborted) return
      this.deps.logger.error({ webhook, err: error }, 'webhook.health_not_written')
    })
  }
}

function failingSince({ since, attempts }: Streak, nowMs: number): StateReason {
  const detail = `${attempts} attempts in a row have failed since ${since.toISOString()}.`
  return { code: 'failing', detail, at: new Date(nowMs) }
}

function sum(a: Failures, b: Failures): Failures {
  return { count: a.count + b.count, firstAt: a.firstAt, isQuiet: a.isQuiet && b.isQuiet }
}
