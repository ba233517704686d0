import { z } from 'zod'
import { FINAL_STATES, OPEN_STATES } from '../../delivery/types.ts'
import { type AttemptRecord, headersByName } from '../../models/deliveries/attempt.ts'
import type { DeliveryDocument } from '../../models/deliveries/document.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { helpPath, publicUrl } from '../http/links.ts'

const time = z.iso.datetime()
const outcome = z.enum(['delivered', 'failed', 'unknown'])
const headers = z.record(z.string(), z.string())
export const deliveryStateSchema = z.enum([...OPEN_STATES, ...FINAL_STATES])

/** A delivery as lists show it. */
export const deliverySummarySchema = z
  .object({
    id: z.string(),
    event: z.string(),
    webhook: z.string(),
    type: z.string(),
    subject: z.string().optional(),
    test: z.boolean().optional(),
    state: deliveryStateSchema,
    reason: z
      .object({ code: z.string(), detail: z.string() })
      .optional()
      .meta({ description: 'Why it failed, was cancelled or skipped.' }),
    attemptCount: z.number().int(),
    lastAttempt: z
      .object({
        number: z.number().int(),
        at: time,
        outcome,
        status: z.number().int().optional(),
        code: z.string().optional(),
        totalMs: z.number().optional(),
      })
      .optional(),
    nextAttemptAt: time
      .optional()
      .meta({ description: 'Of a held delivery an estimate, where one delivery is read.' }),
    createdAt: time,
    updatedAt: time,
    finishedAt: time.optional(),
    links: z.object({
      self: z.string(),
      event: z.string(),
      webhook: z.string(),
      temporal: z.string().nullable().meta({ description: 'Its workflow in Temporal Web.' }),
      help: z.string().optional().meta({ description: 'What its failure means, and what to do.' }),
    }),
  })
  .meta({ id: 'DeliverySummary' })

const attemptSchema = z
  .object({
    number: z.number().int(),
    outcome: outcome.meta({ description: '`unknown`: the worker died; perhaps it was sent.' }),
    status: z.number().int().nullable(),
    code: z.string().optional(),
    detail: z.string().optional(),
    startedAt: time,
    endedAt: time.optional(),
    timings: z
      .object({
        dnsMs: z.number().nullable(),
        connectMs: z.number().nullable(),
        tlsMs: z.number().nullable(),
        ttfbMs: z.number().nullable(),
        totalMs: z.number(),
      })
      .optional(),
    reconnected: z.literal(true).optional().meta({
      description: 'The receiver had closed a kept connection; it was sent once more at once.',
    }),
    request: z.object({ method: z.string(), url: z.string(), headers }).optional(),
    response: z
      .object({ status: z.number().int(), headers, body: z.string(), truncated: z.boolean() })
      .optional(),
    nextAttemptAt: time.optional(),
  })
  .meta({ id: 'Attempt' })

const stage = z.object({ at: time.nullable() })

/** The four stages of an event or a delivery, each with its time once it was reached. */
export const stagesSchema = z
  .object({
    trigger: stage.meta({ description: 'The event was received.' }),
    prepare: stage.meta({ description: 'It was matched and its body built.' }),
    transmit: stage.meta({ description: 'The first attempt began.' }),
    response: stage
      .extend({ status: z.number().int().nullable() })
      .meta({ description: 'What came back last.' }),
  })
  .meta({ id: 'Stages' })

/** One delivery with all that happened to it. */
export const deliverySchema = deliverySummarySchema
  .extend({
    contentType: z.string(),
    body: z.string().meta({ description: 'What every attempt sends, byte for byte.' }),
    workflow: z.string(),
    attempts: z.array(attemptSchema),
    stages: stagesSchema,
  })
  .meta({ id: 'Delivery' })

/** Whether herald still owes the receiver something. */
export function isOpen({ state }: Pick<DeliveryDocument, 'state'>): boolean {
  return (OPEN_STATES as readonly string[]).includes(state)
}

/** A row of a list. */
export function deliveryView(
  deps: ApiDependencies,
  row: Omit<DeliveryDocument, 'body' | 'log'>,
): z.input<typeof deliverySummarySchema> {
  const { subject, test, reason, lastAttempt, dueAt, finishedAt } = row
  const path = (text: string) => publicUrl(deps.config, text)
  const code = reason?.code ?? lastAttempt?.code
  return {
    id: row._id,
    event: row.event,
    webhook: row.webhook,
    type: row.type,
    ...(subject !== undefined && { subject }),
    ...(test && { test }),
    state: row.state,
    ...(reason && { reason }),
    attemptCount: row.attempts,
    ...(lastAttempt && { lastAttempt: { ...lastAttempt, at: lastAttempt.at.toISOString() } }),
    ...(dueAt && isOpen(row) && row.state !== 'held' && { nextAttemptAt: dueAt.toISOString() }),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    ...(finishedAt && { finishedAt: finishedAt.toISOString() }),
    links: {
      self: path(`/v1/deliveries/${row._id}`),
      event: path(`/v1/events/${row.event}`),
      webhook: path(`/v1/webhooks/${row.webhook}`),
      temporal: deps.temporal.workflowUrl(row.workflow),
      ...(code !== undefined && { help: path(helpPath(code)) }),
    },
  }
}

/** The delivery with its attempts, oldest first; `receivedAt` is the event's. */
export function deliveryDetail(
  deps: ApiDependencies,
  row: DeliveryDocument,
  {
    attempts,
    receivedAt,
    expectedAt,
  }: {
    attempts: AttemptRecord[]
    receivedAt: Date | undefined
    /** Of a held delivery's next attempt. */
    expectedAt: Date | undefined
  },
): z.input<typeof deliverySchema> {
  const last = attempts.at(-1)
  return {
    ...deliveryView(deps, row),
    ...(expectedAt && { nextAttemptAt: expectedAt.toISOString() }),
    contentType: row.contentType,
    body: row.body,
    workflow: row.workflow,
    attempts: attempts.map(attemptView),
    stages: {
      trigger: { at: isoOf(receivedAt) },
      prepare: { at: isoOf(row.createdAt) },
      transmit: { at: isoOf(row.firstAttemptAt ?? attempts[0]?.startedAt) },
      response: { at: isoOf(last?.endedAt), status: last?.response?.status ?? null },
    },
  }
}

function attemptView(attempt: AttemptRecord): z.input<typeof attemptSchema> {
  const { code, detail, endedAt, timings, request, response, nextAttemptAt } = attempt
  return {
    number: attempt.number,
    outcome: attempt.outcome,
    status: response?.status ?? null,
    ...(code !== undefined && { code }),
    ...(detail !== undefined && { detail }),
    startedAt: attempt.startedAt.toISOString(),
    ...(endedAt && { endedAt: endedAt.toISOString() }),
    ...(timings && { timings }),
    ...(attempt.reconnected && { reconnected: attempt.reconnected }),
    ...(request && { request: { ...request, headers: headersByName(request.headers) } }),
    ...(response && { response: { ...response, headers: headersByName(response.headers) } }),
    ...(nextAttemptAt && { nextAttemptAt: nextAttemptAt.toISOString() }),
  }
}

function isoOf(date: Date | undefined): string | null {
  return date?.toISOString() ?? null
}
