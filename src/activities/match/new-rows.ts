import { newRowRule } from '../../delivery/row-rule.ts'
import { type Carrier, type EventEnvelope } from '../../delivery/types.ts'
import { deliveryId, eventKey } from '../../ids.ts'
import { laneFor } from '../../models/deliveries/updates.ts'
import type { DeliveryDocument } from '../../models/deliveries/document.ts'
import type { DraftRow } from '../../models/deliveries/outbox.ts'
import type { WebhookDocument } from '../../models/webhooks/document.ts'
import { deliveryBody } from '../../outbound/request/delivery-body.ts'

type NewRow = { carrier: Carrier; nowMs: number; filterError: string | undefined }

/** The row of one delivery before its first attempt, still without its body. */
export function draftRow(
  event: EventEnvelope,
  webhookId: string,
  webhook: WebhookDocument | undefined,
  { carrier, nowMs, filterError }: NewRow,
): DraftRow {
  const at = new Date(nowMs)
  const isTest = event.test === true
  return {
    _id: deliveryId(event.tenant, event.id, webhookId),
    tenant: event.tenant,
    event: event.id,
    webhook: webhookId,
    type: event.type,
    ...(event.subject === undefined ? {} : { subject: event.subject }),
    ...initialState(webhook, at, { isTest, filterError, carrier }),
    workflow: carrier.workflow,
    ...(isTest ? { test: true } : {}),
    createdAt: at,
    updatedAt: at,
    attempts: 0,
    failures: 0,
    unknowns: 0,
    round: 1,
  }
}

type BodySources = {
  /** By key. */
  events: ReadonlyMap<string, EventEnvelope>
  webhooks: ReadonlyMap<string, WebhookDocument>
  /** Where people find a delivery; undefined where no public address is configured. */
  deliveryUrl: (id: string) => string | undefined
}

/** Gives the function that completes a row with the body that every attempt will send. Throws for a row of another event. */
export function bodies({ events, webhooks, deliveryUrl }: BodySources) {
  return (row: DraftRow): DeliveryDocument => {
    const event = events.get(eventKey(row.tenant, row.event))
    if (!event) throw new RangeError(`the event of ${row._id} is not at hand`)
    const links = { delivery: deliveryUrl(row._id) }
    const { headers, ...body } = deliveryBody(event, webhooks.get(row.webhook), links)
    return { ...row, ...body, ...(headers ? { formatHeaders: headers } : {}) }
  }
}

function initialState(
  webhook: WebhookDocument | undefined,
  at: Date,
  { isTest, filterError, carrier }: Pick<NewRow, 'carrier' | 'filterError'> & { isTest: boolean },
): Pick<DeliveryDocument, 'state' | 'reason' | 'dueAt' | 'finishedAt' | 'carrier'> {
  const ruled = newRowRule(webhook ?? null, { test: isTest, filterError })
  switch (ruled.rule) {
    case 'end':
      return { state: ruled.state, reason: ruled.reason, finishedAt: at }
    case 'lane':
      return { state: 'held', dueAt: at, carrier: laneFor(carrier.workflow) }
    case 'send':
      return { state: 'pending', dueAt: at, carrier }
  }
}
