import type { Models } from '../connect.ts'
import type { Notice, WebhookDocument, WebhookHealth } from './document.ts'

type Webhooks = Models['webhooks']
type Alarm = NonNullable<WebhookHealth['alarm']>
type Told = { alarm: Alarm; notice: Notice }

/**
 * Adds failed attempts to the streak of an active webhook, once for each `flush`; gives the webhook as it is then.
 * Like every write of this file it raises no version unless it changes the state.
 */
export async function countFailures(
  webhooks: Webhooks,
  id: string,
  failures: { count: number; firstAt: Date; flush: string },
): Promise<WebhookDocument | null> {
  const { count, firstAt, flush } = failures
  await webhooks.updateOne(
    { _id: id, state: 'active', 'health.flush': { $ne: flush } },
    {
      $inc: { 'health.attempts': count },
      $min: { 'health.since': firstAt },
      $set: { 'health.flush': flush },
    },
  )
  return webhooks.findById(id).lean<WebhookDocument>().exec()
}

/** Notes that operators are warned of this streak, unless they were or it has ended. */
export async function raiseAlarm(webhooks: Webhooks, id: string, told: Told): Promise<boolean> {
  const { streak } = told.alarm
  const result = await webhooks.updateOne(
    { _id: id, state: 'active', 'health.since': streak, 'health.alarm.streak': { $ne: streak } },
    { $set: { 'health.alarm': told.alarm }, $push: { notices: told.notice } },
  )
  return result.matchedCount > 0
}

/**
 * Disables a webhook, unless somebody changed its state before or, where `since` is given, that streak has ended. Its open
 * deliveries end at their next check.
 */
export async function disableWebhook(
  webhooks: Webhooks,
  id: string,
  change: Told & { stateReason: NonNullable<WebhookDocument['stateReason']>; since?: Date },
): Promise<boolean> {
  const { stateReason, alarm, notice, since } = change
  const result = await webhooks.updateOne(
    { _id: id, state: 'active', ...(since && { 'health.since': since }) },
    {
      $set: { state: 'disabled', stateReason, updatedAt: stateReason.at, health: { alarm } },
      $inc: { version: 1 },
      $push: { notices: notice },
    },
  )
  return result.matchedCount > 0
}

/** Ends the streak of a webhook that is not disabled; the notice goes with the alarm of this time. */
export async function endStreak(
  webhooks: Webhooks,
  id: string,
  told?: { alarmAt: Date; notice: Notice },
): Promise<boolean> {
  const alarm = told ? { 'health.alarm.at': told.alarmAt } : { 'health.alarm': { $exists: false } }
  const result = await webhooks.updateOne(
    { _id: id, state: { $ne: 'disabled' }, ...alarm },
    { $unset: { health: 1 }, ...(told && { $push: { notices: told.notice } }) },
  )
  return result.matchedCount > 0
}

/** Makes a disabled webhook active again. */
export async function enableWebhook(
  webhooks: Webhooks,
  id: string,
  notice: Notice,
): Promise<boolean> {
  const result = await webhooks.updateOne(
    { _id: id, state: 'disabled' },
    {
      $set: { state: 'active', updatedAt: notice.at },
      $unset: { stateReason: 1, health: 1 },
      $inc: { version: 1 },
      $push: { notices: notice },
    },
  )
  return result.matchedCount > 0
}
