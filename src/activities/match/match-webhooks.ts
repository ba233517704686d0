import type { MatchInput, MatchResult } from '../../delivery/contract.ts'
import { newRowRule } from '../../delivery/row-rule.ts'
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
import { afterUnseen } from '../../models/deliveries/updates.ts'
import type { WebhookDocument } from '../../models/webhooks/document.ts'
import type { First } from '../first/first-attempts.ts'
import type { Backlog } from './backlog.ts'
import { bodies, draftRow } from './new-rows.ts'
import { refuseOvertaken } from './overtaken.ts'
import { sortedRows } from './sorted-rows.ts'
import { targetsOf } from '../deliver/targets.ts'

/** Longer than a try of matchWebhooks takes. */
const LEAVING_MS = 60_000

type MatchDependencies = {
  backlog: Backlog
  now: () => number
  /** Where people find a delivery; undefined where no public address is configured. */
  deliveryUrl: (id: string) => string | undefined
  /** The run of the workflow that owns what is matched. */
  carrier: Carrier
  /** Whether a carrier's run goes on. */
  isRunning: (carrier: Carrier) => Promise<boolean>
  first: First
  /** When this was asked for. */
  begunMs: number
  /** Told with how many webhooks an event has been matched. */
  fanOut: { note: (event: EventEnvelope, deliveries: number) => void }
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
  const { candidates, stored } = await storedSets(input, outbox, deps)
  const purged = input.events.filter((event) => !stored.has(keyOf(event)))
  const owned = input.events.filter(
    (event) => stored.get(keyOf(event))?.workflow === input.workflow,
  )
  const mine = new Map(owned.map((event) => [keyOf(event), event]))
  await noteWrongs(input, outbox, { mine, stored, nowMs: deps.now() })
  const webhooks = await outbox.withWebhooks(
    candidates,
    [...mine.keys()].flatMap((key) => stored.get(key)?.webhooks ?? []),
  )
  const rows = [...mine].flatMap(([key, event]) =>
    (stored.get(key)?.webhooks ?? []).map((id) =>
      draftRow(event, id, webhooks.get(id), {
        carrier: deps.carrier,
        nowMs: deps.now(),
        filterError: filterErrorOf(stored.get(key), id),
      }),
    ),
  )
  const withBody = bodies({ events: mine, webhooks, ...deps })
  const sources = { ...deps, stored, webhooks, withBody }
  const { states, begun } = input.reset
    ? { states: await storedAgain(rows, outbox, sources), begun: false }
    : await storedOrBegun(rows, outbox, sources)
  return {
    ...targetsOf(rows, { states, webhooks, workflow: input.workflow }),
    elsewhere: input.events.length - mine.size - purged.length,
    purged: purged.length,
    ...(begun && { begun }),
    ...(input.reset && { reset: true as const }),
  }
}

type Sources = MatchDependencies & {
  stored: ReadonlyMap<string, StoredEvent>
  webhooks: ReadonlyMap<string, WebhookDocument>
  withBody: ReturnType<typeof bodies>
}

/** The events as they are on record with whom each goes to; stored now, unless a reset finds them stored. */
async function storedSets(
  { events, workflow, reset }: MatchInput,
  outbox: Outbox,
  { first, begunMs, now, fanOut }: MatchDependencies,
): Promise<{ candidates: WebhookDocument[]; stored: Map<string, StoredEvent> }> {
  if (reset) {
    const stored = await outbox.storedEvents(events)
    forgetLeaving(stored, now())
    return { candidates: [], stored }
  }
  const candidates = await outbox.candidates(events)
  const sets = await matchedSets(events, candidates)
  const { stored, fresh } = await outbox.storeEvents(workflow, sets, now())
  if (fresh.length < events.length)
    refuseOvertaken(stored.values(), { workflow, begunMs, nowMs: now() })
  for (const { event, webhooks } of sets)
    if (event.onlyWebhook === undefined) fanOut.note(event, webhooks.length)
  first.stored(fresh)
  return { candidates, stored }
}

/** What is wrong with these events or with filters that judged them, for people to see. */
async function noteWrongs(
  { events, reset }: MatchInput,
  outbox: Outbox,
  at: {
    mine: ReadonlyMap<string, EventEnvelope>
    stored: ReadonlyMap<string, StoredEvent>
    nowMs: number
  },
): Promise<void> {
  const { mine, stored, nowMs } = at
  await outbox.noteConflicts(
    events.filter((event) => isConflict(event, stored)),
    nowMs,
  )
  if (!reset) await outbox.noteFilterErrors(filterErrorsOf(mine, stored), nowMs)
}

/** A reset owes again what is not delivered. */
function storedAgain(rows: DraftRow[], outbox: Outbox, sources: Sources) {
  const { webhooks, withBody, carrier, isRunning } = sources
  const withLimit = [...webhooks.values()].filter((one) => one.rateLimit)
  const limited = new Set(withLimit.map((one) => one._id))
  const isCurrent = () => isRunning(carrier)
  return outbox.storeRows(rows, withBody, { carrier, limited, isCurrent })
}

/** Sends at once what may be sent, to be stored with its answer, when the rest is stored. */
async function storedOrBegun(rows: DraftRow[], outbox: Outbox, sources: Sources) {
  const { withBody, backlog, first } = sources
  const written = await skipBeyondBacklog(rows, backlog)
  const { now, unseen, rest } = await sortedRows(rows, outbox, sources)
  const isUnseen = new Set(unseen)
  const whole = (row: DraftRow) => (isUnseen.has(row) ? afterUnseen(withBody(row)) : withBody(row))
  const begin = () =>
    first.begin(
      now.map(({ draft, webhook }) => {
        return { event: eventKey(draft.tenant, draft.event), webhook, row: () => withBody(draft) }
      }),
    )
  try {
    const states = await outbox.storeRows(rest, whole)
    void begin().then(written)
    return { states, begun: now.length > 0 }
  } catch (error) {
    written()
    throw error
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
    const set: MatchedSet = { event, webhooks: [], filterErrors: [], later: [] }
    const matched = (webhook: WebhookDocument, filterError?: string) => {
      set.webhooks.push(webhook._id)
      const { rule } = newRowRule(webhook, { test: event.test === true, filterError })
      if (rule !== 'send') set.later.push(webhook._id)
    }
    for (const webhook of webhooks) {
      if (webhook.tenant !== event.tenant) continue
      if (event.onlyWebhook !== undefined) {
        if (event.onlyWebhook === webhook._id) matched(webhook)
        continue
      }
      const verdict = await judge(webhook, event)
      const isError = !verdict.matches && verdict.reason === 'filter_error'
      if (isRecorded(verdict)) matched(webhook, isError ? verdict.detail : undefined)
      if (isError) set.filterErrors.push({ webhook: webhook._id, detail: verdict.detail })
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
