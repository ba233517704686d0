import { z } from 'zod'
import { staleLinksWarning } from '../../delivery/stale-links.ts'
import { eventKey } from '../../ids.ts'
import type { DeliveryDocument } from '../../models/deliveries/document.ts'
import type { EventDocument } from '../../models/event.ts'
import { recordChange } from '../access/audit.ts'
import { isOpen } from '../deliveries/view.ts'
import { ApiError } from '../http/errors.ts'
import { publicUrl } from '../http/links.ts'
import { nextRound, temporalUnavailable } from '../deliveries/view.ts'
import { type Call, route } from '../http/route.ts'

type Row = Pick<DeliveryDocument, '_id' | 'webhook' | 'state' | 'round' | 'attempts'>

const rerunSchema = z
  .object({
    id: z.string(),
    method: z.enum(['reset', 'rerun']).meta({
      description:
        "reset: the event's own workflow runs again; rerun: another one sends what is undelivered.",
    }),
    workflow: z.string(),
    deliveries: z.array(z.string()).meta({ description: 'Those that are sent again.' }),
    warnings: z.array(z.object({ code: z.string(), detail: z.string() })).optional(),
    links: z.object({ self: z.string(), temporal: z.string().nullable() }),
  })
  .meta({ id: 'EventRerun' })

async function findEvent({ deps, caller, params }: Call<unknown, unknown>): Promise<EventDocument> {
  const event = await deps.models.events
    .findOne({ _id: eventKey(caller.tenant, params.id) }, { data: 0, context: 0 })
    .lean<EventDocument>()
    .exec()
  if (event) return event
  throw new ApiError('not_found', 'No such event, or it was accepted a moment ago.', {
    headers: { 'retry-after': '1' },
  })
}

function rowsOf({ deps }: Call<unknown, unknown>, { tenant, id }: EventDocument): Promise<Row[]> {
  return deps.models.deliveries
    .find({ tenant, event: id }, { webhook: 1, state: 1, round: 1, attempts: 1 })
    .sort({ _id: 1 })
    .lean<Row[]>()
    .exec()
}

/** What failed or is open, and whose webhook is still there. */
async function undeliveredOf({ deps }: Call<unknown, unknown>, rows: Row[]): Promise<Row[]> {
  const undelivered = rows.filter((row) => row.state === 'failed' || isOpen(row))
  const ids = undelivered.map((row) => row.webhook)
  const webhooks = await deps.models.webhooks
    .find({ _id: { $in: ids }, deletedAt: { $exists: false } }, { _id: 1 })
    .lean()
    .exec()
  return undelivered.filter((row) => webhooks.some((webhook) => webhook._id === row.webhook))
}

export const rerunRoutes = [
  route({
    method: 'post',
    path: '/v1/events/{id}/rerun',
    operationId: 'rerunEvent',
    summary: 'Send what is undelivered of it again: the same id and bytes; what is delivered stays',
    tag: 'Events',
    role: 'operator',
    problems: [409],
    responses: { 202: { description: 'A workflow delivers it', schema: rerunSchema } },
    handle: async (call) => {
      const { deps, caller } = call
      const event = await findEvent(call)
      const { tenant, id, type, subject } = event
      const rows = await rowsOf(call, event)
      const undelivered = await undeliveredOf(call, rows)
      if (undelivered.length === 0) throw nothingUndelivered(event)
      const deliveries = undelivered.map((row) => {
        return { tenant, delivery: row._id, by: caller.keyId, round: nextRound(row).round }
      })
      const webhooks = undelivered.map(({ webhook }) => webhook)
      // grows with every attempt and round, so that asking twice before anything happened is one
      const n = String(rows.reduce((sum, { round, attempts }) => sum + round + attempts, 0))
      const { method, workflow } = await deps.temporal
        .rerun({ tenant, id, type, subject, webhooks, workflow: event.workflow, n, deliveries })
        .catch(temporalUnavailable)
      await recordChange(call, { action: 'event.rerun', resource: id, after: { method, workflow } })
      const received = { type, createdAtMs: event.receivedAt.getTime() }
      const warning = staleLinksWarning(received, deps.now())
      const links = {
        self: publicUrl(deps.config, `/v1/events/${id}`),
        temporal: deps.temporal.workflowUrl(workflow),
      }
      const sent = deliveries.map((one) => one.delivery)
      const warnings = warning && { warnings: [warning] }
      return { status: 202, body: { id, method, workflow, deliveries: sent, ...warnings, links } }
    },
  }),
]

function nothingUndelivered({ webhooks }: EventDocument): ApiError {
  const why =
    webhooks.length === 0
      ? 'No webhook matched the event.'
      : 'Every delivery of the event is delivered, cancelled or skipped, or its webhook was deleted.'
  return new ApiError('nothing_undelivered', why)
}
