import type { MatchInput, MatchResult, TargetDeliveries } from '../delivery/contract.ts'
import { durationMs } from '../delivery/duration.ts'
import { retryPolicyOf } from '../delivery/schedule.ts'
import { OPEN_STATES, type EventEnvelope } from '../delivery/types.ts'
import { isRecorded, judge } from '../filter/verdict.ts'
import { deliveryId, eventKey } from '../ids.ts'
import type { DeliveryDocument } from '../models/delivery.ts'
import type {
  FilterErrorNote,
  MatchedSet,
  Outbox,
  StoredEvent,
  StoredRow,
} from '../models/outbox.ts'
import type { WebhookDocument } from '../models/webhook.ts'
import type { Backlog } from './backlog.ts'
import { deliveryBody } from '../outbound/delivery-body.ts'

/** Longer than a try of matchWebhooks takes. */
const LEAVING_MS = 60_000

type MatchDependencies = {
  backlog: Backlog
  now: () => number
  /** Where people find a delivery; undefined where no public address is configured. */
  deliveryUrl: (id: string) => string | undefined
}

/**
 * Fixes what a group owes, once: stores the events with their owner and their matched webhooks, then a row with the final
 * body for each delivery. A re-run (crash, retry, reset) goes by what is stored, whatever has changed since; an event that
 * another workflow owns is left to it. Every write is an idempotent upsert, so being cut off anywhere is safe.
 */
export async function matchWebhooks(
  input: MatchInput,
  outbox: Outbox,
  { now, deliveryUrl, backlog }: MatchDependencies,
): Promise<MatchResult> {
  const candidates = input.reset ? [] : await outbox.candidates(input.events)
  const stored = input.reset
    ? await outbox.storedEvents(input.events)
    : await outbox.storeEvents(input.workflow, await matchedSets(input.events, candidates))
  if (input.reset) forgetLeaving(stored, now())
  const purged = input.events.filter((event) => !stored.has(keyOf(event)))
  const owned = input.events.filter(
    (event) => stored.get(keyOf(event))?.workflow === input.workflow,
  )
  const mine = new Map(owned.map((event) => [keyOf(event), event]))
  await outbox.noteConflicts(
    input.events.filter((event) => isConflict(event, stored)),
    now(),
  )
  if (!input.reset) await outbox.noteFilterErrors(filterErrorsOf(mine, stored), now())
  const webhooks = await outbox.withWebhooks(
    candidates,
    [...mine.keys()].flatMap((key) => stored.get(key)?.webhooks ?? []),
  )
  const rows = [...mine].flatMap(([key, event]) =>
    (stored.get(key)?.webhooks ?? []).map((id) =>
      newRow(event, id, webhooks.get(id), {
        workflow: input.workflow,
        now: now(),
        deliveryUrl,
        filterError: filterErrorOf(stored.get(key), id),
      }),
    ),
  )
  const written = input.reset ? undefined : await skipBeyondBacklog(rows, backlog)
  const limited = [...webhooks.values()].flatMap((one) => (one.rateLimit ? [one._id] : []))
  const states = await outbox
    .storeRows(rows, { reopenFailed: input.reset, limited })
    .finally(() => written?.())
  return {
    ...targetsOf(rows, states, webhooks),
    elsewhere: input.events.length - mine.size - purged.length,
    purged: purged.length,
  }
}

const keyOf = (event: EventEnvelope) => eventKey(event.tenant, event.id)

function isConflict(event: EventEnvelope, stored: ReadonlyMap<string, { hash: string }>): boolean {
  const known = stored.get(keyOf(event))
  return known !== undefined && known.hash !== event.hash
}

/** A reset leaves alone what retention removes just now: with some rows gone it would send to everyone again. */
function forgetLeaving(stored: Map<string, StoredEvent>, nowMs: number): void {
  for (const [key, { purgeAt }] of stored)
    if (purgeAt && purgeAt.getTime() <= nowMs + LEAVING_MS) stored.delete(key)
}

/** Whom each event goes to. */
async function matchedSets(
  events: EventEnvelope[],
  webhooks: WebhookDocument[],
): Promise<MatchedSet[]> {
  const sets: MatchedSet[] = []
  for (const event of events) {
    const set: MatchedSet = { event, webhooks: [], filterErrors: [] }
    for (const webhook of webhooks) {
      if (webhook.tenant !== event.tenant) continue
      if (event.onlyWebhook !== undefined) {
        if (event.onlyWebhook === webhook._id) set.webhooks.push(webhook._id)
        continue
      }
      const verdict = await judge(webhook, event)
      if (isRecorded(verdict)) set.webhooks.push(webhook._id)
      if (!verdict.matches && verdict.reason === 'filter_error')
        set.filterErrors.push({ webhook: webhook._id, detail: verdict.detail })
    }
    sets.push(set)
  }
  return sets
}

function filterErrorsOf(
  events: ReadonlyMap<string, EventEnvelope>,
  stored: ReadonlyMap<string, StoredEvent>,
): FilterErrorNote[] {
  return [...events].flatMap(([key, event]) =>
    (stored.get(key)?.filterErrors ?? []).map((one) => ({ ...one, event: event.id })),
  )
}

function filterErrorOf(event: StoredEvent | undefined, webhook: string): string | undefined {
  return event?.filterErrors?.find((one) => one.webhook === webhook)?.detail
}

/** The row of one delivery before its first attempt, with the body that every attempt will send. */
export function newRow(
  event: EventEnvelope,
  webhookId: string,
  webhook: WebhookDocument | undefined,
  context: {
    workflow: string
    now: number
    deliveryUrl: MatchDependencies['deliveryUrl']
    filterError: string | undefined
  },
): DeliveryDocument {
  const at = new Date(context.now)
  const id = deliveryId(event.tenant, event.id, webhookId)
  const links = { delivery: context.deliveryUrl(id) }
  const { body, contentType, headers } = deliveryBody(event, webhook, links)
  return {
    _id: id,
    tenant: event.tenant,
    event: event.id,
    webhook: webhookId,
    type: event.type,
    ...(event.subject === undefined ? {} : { subject: event.subject }),
    ...initialState(webhook, at, { isTest: event.test === true, filterError: context.filterError }),
    body,
    contentType,
    ...(headers ? { formatHeaders: headers } : {}),
    workflow: context.workflow,
    ...(event.test ? { test: true } : {}),
    createdAt: at,
    updatedAt: at,
    attempts: 0,
    failures: 0,
    unknowns: 0,
    round: 1,
    epoch: 0,
  }
}

function initialState(
  webhook: WebhookDocument | undefined,
  at: Date,
  { isTest, filterError }: { isTest: boolean; filterError: string | undefined },
): Pick<DeliveryDocument, 'state' | 'reason' | 'dueAt' | 'finishedAt'> {
  if (!webhook || webhook.deletedAt) {
    const reason = { code: 'webhook_deleted', detail: 'The webhook was deleted.' }
    return { state: 'cancelled', reason, finishedAt: at }
  }
  if (filterError !== undefined) {
    const reason = { code: 'filter_error', detail: filterError }
    return { state: 'skipped', reason, finishedAt: at }
  }
  if (webhook.state === 'active')
    return { state: webhook.rateLimit ? 'held' : 'pending', dueAt: at }
  if (isTest) return { state: 'pending', dueAt: at }
  const detail = `The webhook was ${webhook.state} when the event came.`
  return { state: 'skipped', reason: { code: `webhook_${webhook.state}`, detail }, finishedAt: at }
}

/**
 * The oldest stay: what goes beyond the backlog limit of a webhook is recorded as skipped, to be replayed. Gives what is to
 * be called once the rows are written.
 */
async function skipBeyondBacklog(rows: DeliveryDocument[], backlog: Backlog): Promise<() => void> {
  const owed = new Map<string, DeliveryDocument[]>()
  for (const row of rows)
    if (row.dueAt) owed.set(row.webhook, [...(owed.get(row.webhook) ?? []), row])
  const counts = new Map([...owed].map(([webhook, open]) => [webhook, open.length]))
  const { admitted, stored } = await backlog.admit(counts)
  for (const [webhook, open] of owed)
    for (const row of open.slice(admitted.get(webhook))) {
      const detail = 'The webhook was owed too many deliveries already; replay this one later.'
      row.state = 'skipped'
      row.reason = { code: 'backlog_full', detail }
      row.finishedAt = row.createdAt
      delete row.dueAt
    }
  return stored
}

/** The rows that are owed, by webhook, with the policy that its schedule means. */
function targetsOf(
  rows: DeliveryDocument[],
  states: ReadonlyMap<string, StoredRow>,
  webhooks: ReadonlyMap<string, WebhookDocument>,
): Pick<MatchResult, 'targets' | 'skipped'> {
  const targets = new Map<string, TargetDeliveries>()
  let skipped = 0
  for (const row of rows) {
    const state = states.get(row._id)?.state ?? row.state
    const webhook = webhooks.get(row.webhook)
    if (state === 'skipped') skipped += 1
    if (!webhook || !OPEN_STATES.some((open) => open === state)) continue
    const target = targets.get(row.webhook) ?? targetOf(webhook, row)
    target.deliveries.push(row._id)
    targets.set(row.webhook, target)
  }
  return { targets: [...targets.values()], skipped }
}

/** A webhook as the input of a `deliver` activity, still without deliveries. */
export function targetOf(
  webhook: WebhookDocument,
  row?: Pick<DeliveryDocument, 'test'>,
): TargetDeliveries {
  // a test goes past the lane of a webhook that is paused or disabled: lanes stand still then
  const isLimited = webhook.rateLimit && (webhook.state === 'active' || !row?.test)
  return {
    tenant: webhook.tenant,
    webhook: webhook._id,
    name: webhook.name,
    deliveries: [],
    policy: retryPolicyOf(webhook.retry),
    timeoutMs: durationMs(webhook.target.timeout),
    ...(isLimited && { limited: true }),
  }
}
