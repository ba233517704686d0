import { ruleOf } from '../../delivery/row-rule.ts'
import type { Carrier } from '../../delivery/types.ts'
import { eventKey } from '../../ids.ts'
import type { DraftRow, Outbox, StoredEvent } from '../../models/deliveries/outbox.ts'
import type { WebhookDocument } from '../../models/webhooks/document.ts'
import type { First } from '../first/first-attempts.ts'

type Sources = {
  first: First
  carrier: Carrier
  /** By key. */
  stored: ReadonlyMap<string, StoredEvent>
  webhooks: ReadonlyMap<string, WebhookDocument>
}
export type SortedRows = {
  /** Are sent at once, and stored then. */
  now: { draft: DraftRow; webhook: WebhookDocument }[]
  /** Are stored first. */
  rest: DraftRow[]
  /** Those of the rest whose first attempt somebody may have sent. */
  unseen: DraftRow[]
}

/**
 * Which rows are sent at once and which are stored first. Of an event that this process has not stored itself, somebody who
 * is dead by now may have sent a delivery that no row shows: such a first attempt is `unseen`, and the delivery is owed,
 * whatever has become of its webhook since.
 */
export async function sortedRows(
  rows: DraftRow[],
  outbox: Outbox,
  { first, carrier, stored, webhooks }: Sources,
): Promise<SortedRows> {
  const now: SortedRows['now'] = []
  const rest: DraftRow[] = []
  const doubtful: DraftRow[] = []
  for (const draft of rows) {
    const key = eventKey(draft.tenant, draft.event)
    const webhook = webhooks.get(draft.webhook)
    const isUnsent = first.isUnsent(key)
    // what was not to be sent at once has a row of its own since, which may have been sent whatever its webhook is now
    const isFirst = !stored.get(key)?.later?.includes(draft.webhook)
    const begins = isUnsent && isFirst && first.begins
    if (begins && webhook && isSent(draft, webhook)) now.push({ draft, webhook })
    else rest.push(draft)
    if (!isUnsent && isFirst) doubtful.push(draft)
  }
  const unseen = await outbox.missing(doubtful)
  for (const draft of unseen) if (draft.finishedAt) owe(draft, carrier)
  return { now, rest, unseen }
}

function isSent(draft: DraftRow, webhook: WebhookDocument): boolean {
  return draft.state === 'pending' && ruleOf(webhook, draft).rule === 'send'
}

/** What was active when the event came goes by the rule of an owed row from now on, not by that of a new one. */
function owe(draft: DraftRow, carrier: Carrier): void {
  delete draft.finishedAt
  delete draft.reason
  Object.assign(draft, { state: 'pending', dueAt: draft.createdAt, carrier })
}
