import { deliveryId } from '../../ids.ts'
import type { DeliveryDocument } from '../../models/deliveries/document.ts'
import type { EventDocument } from '../../models/event.ts'

type Row = Omit<DeliveryDocument, 'body' | 'log'>

/** The deliveries of an event whose first attempt is under way: a row is stored with the answer, so none shows them yet. */
export function unseenDeliveries(event: EventDocument, seen: readonly Row[]): Row[] {
  const known = new Set(seen.map(({ webhook }) => webhook))
  return event.webhooks.filter((webhook) => !known.has(webhook)).map((one) => unseen(event, one))
}

function unseen(event: EventDocument, webhook: string): Row {
  const { tenant, id, type, subject, receivedAt: at, workflow, test } = event
  return {
    _id: deliveryId(tenant, id, webhook),
    tenant,
    event: id,
    webhook,
    type,
    ...(subject !== undefined && { subject }),
    ...(test && { test }),
    state: 'pending',
    workflow,
    createdAt: at,
    updatedAt: at,
    contentType: 'application/json',
    attempts: 0,
    failures: 0,
    unknowns: 0,
    round: 1,
  }
}
