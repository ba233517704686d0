import type { MatchInput, MatchResult } from '../../delivery/contract.ts'
import type { Carrier, EventEnvelope } from '../../delivery/types.ts'
import { isRecorded, judge } from '../../filter/verdict.ts'
import { eventKey } from '../../ids.ts'
import type {
  DraftRow,
  FilterErrorNote,
  MatchedSet,
  Outbox,
  StoredEvent,
} from '../../models/deliveries/outbox.ts'
import type { WebhookDocument } from '../../models/webhooks/document.ts'
import type { Backlog } from './backlog.ts'
import { bodies, draftRow } from './new-rows.ts'
import { targetsOf } from './targets.ts'

/** Longer than a try of matchWebhooks takes. */
const LEAVING_MS = 60_000

type MatchDependencies = {
  backlog: Backlog
  now: () => number
  /** Where people find a delivery; undefined where no public address is configured. */
  deliveryUrl: (id: string) => string | undefined
  /** The run of the workflow that owns what is matched. */
  carrier: Carrier
}

/**
 * Fixes what a group owes, once: stores the events with their owner and their matched webhooks, then a row with the final
 * body for each delivery. A re-run (crash, retry, reset) goes by what is stored, whatever has changed since; an event that
 * another workflow owns is left to it. Every write is an idempotent upsert, so being cut off anywhere is safe.
 */
export async function matchWebhooks(
  input: MatchInput,
  outbox: Outbox,
  deps: MatchDependencies,
): Promise<MatchResult> {
  const { now, backlog, carrier } = deps
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
      draftRow(event, id, webhooks.get(id), {
        carrier,
        nowMs: now(),
        filterError: filterErrorOf(stored.get(key), id),
      }),
    ),
  )
  const written = input.reset ? undefined : await skipBeyondBacklog(rows, backlog)
  const limited = [...webhooks.values()].flatMap((one) => (one.rateLimit ? [one._id] : []))
  const states = await outbox
    .storeRows(
      rows,
      bodies({ events: mine, webhooks, ...deps }),
      input.reset ? { carrier, limited } : undefined,
    )
    .finally(() => written?.())
  return {
    ...targetsOf(rows, { states, webhooks, workflow: input.workflow }),
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

/**
 * The oldest stay: what goes beyond the backlog limit of a webhook is recorded as skipped, to be replayed. Gives what is to
 * be called once the rows are written.
 */
async function skipBeyondBacklog(rows: DraftRow[], backlog: Backlog): Promise<() => void> {
  const owed = new Map<string, DraftRow[]>()
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
      delete row.carrier
    }
  return stored
}
