import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { deliveryConditions } from '../../models/deliveries/conditions.ts'
import type { DeliveryDocument } from '../../models/deliveries/document.ts'
import { deliveryLead } from '../../models/deliveries/lead.ts'
import { ledBy, timedLead } from '../../models/lead.ts'
import { isUnavailable } from '../../models/patience.ts'
import { ApiError } from '../http/errors.ts'
import { type Call, route } from '../http/route.ts'
import { wholeNumber } from '../input/whole-number.ts'
import { type DeliveryChoice, deliveryQueryFields } from './filter.ts'
import { deliveryView } from './shape.ts'

const LOOK_MS = 1_000
/** A row is stored when its first attempt has been answered, at the latest this long after it was made. */
const LATE_MS = 5_000
const SENT_MAX = 200
/** So often something is said, and so long a client may read nothing. */
const QUIET_MS = 15_000
/** Clients open a new stream after this, so that a revoked key ends within it. */
const STREAM_MS = 300_000
const STREAMS_MAX = 10

type Row = Omit<DeliveryDocument, 'body' | 'log'>
type TailCall = Call<Omit<DeliveryChoice, 'from' | 'to'> & { for?: number | undefined }, undefined>

/** What was created since the last look and the filter chooses, oldest first; each row once. */
class Tail {
  private readonly sent = new Map<string, number>()
  private readonly call: TailCall
  private readonly startMs: number

  constructor(call: TailCall) {
    this.call = call
    // who comes back after a break wants what came meanwhile
    const isBack = call.request.headers['last-event-id'] !== undefined
    this.startMs = call.deps.now() - (isBack ? LATE_MS : 0)
  }

  async next(): Promise<Row[]> {
    const { deps, query } = this.call
    const { tenant } = this.call.caller
    const lead = timedLead(deliveryLead(tenant, query), tenant)
    const fromMs = Math.max(this.startMs, deps.now() - LATE_MS)
    for (const [id, createdMs] of this.sent) if (createdMs < fromMs) this.sent.delete(id)
    const rows = await deps.models.deliveries
      .find(
        ledBy(lead, { createdAt: { $gt: new Date(fromMs - 1) } }, [
          { tenant, ...deliveryConditions(query) },
        ]),
        { body: 0, log: 0 },
      )
      .sort({ createdAt: -1, _id: -1 })
      .limit(SENT_MAX)
      .lean<DeliveryDocument[]>()
      .exec()
    const fresh = rows.filter(({ _id }) => !this.sent.has(_id)).toReversed()
    for (const { _id, createdAt } of fresh) this.sent.set(_id, createdAt.getTime())
    return fresh
  }
}

/** Streams that are open, by key: each costs a query a second. */
const open = new Map<string, number>()

function enter({ caller }: TailCall): () => void {
  const { keyId } = caller
  const count = open.get(keyId) ?? 0
  if (count >= STREAMS_MAX)
    throw new ApiError('rate_limited', `This key follows ${STREAMS_MAX} tails already.`, {
      headers: { 'retry-after': '10' },
    })
  open.set(keyId, count + 1)
  return () => {
    const left = (open.get(keyId) ?? 1) - 1
    if (left > 0) open.set(keyId, left)
    else open.delete(keyId)
  }
}

async function stream(call: TailCall, response: ServerResponse): Promise<void> {
  const { deps, query } = call
  const closed = new AbortController()
  response.once('close', () => closed.abort())
  const signal = AbortSignal.any([closed.signal, deps.stopping])
  const untilMs = deps.now() + Math.min((query.for ?? Infinity) * 1_000, STREAM_MS)
  const tail = new Tail(call)
  let spokeMs = deps.now()
  const isGoing = () => !signal.aborted && !response.destroyed && deps.now() < untilMs
  response.write('retry: 1000\n\n')
  while (isGoing()) {
    const rows = await tail.next().catch(noneWhileAway)
    const text = rows.map((row) => entry(row._id, deliveryView(deps, row))).join('')
    const isQuiet = text === '' && deps.now() - spokeMs > QUIET_MS
    if (text || isQuiet) {
      spokeMs = deps.now()
      if (!response.write(text || ': nothing new\n\n') && !(await drained(response, signal))) break
    }
    const pauseMs = Math.min(LOOK_MS, Math.max(untilMs - deps.now(), 0))
    await pause(pauseMs, undefined, { signal }).catch(() => undefined)
  }
  response.end()
}

/** Whether the client reads on within the time that it has. */
function drained(response: ServerResponse, signal: AbortSignal): Promise<boolean> {
  const late = AbortSignal.any([signal, AbortSignal.timeout(QUIET_MS)])
  return once(response, 'drain', { signal: late }).then(
    () => true,
    () => false,
  )
}

function noneWhileAway(error: unknown): Row[] {
  if (isUnavailable(error)) return []
  throw error
}

function entry(id: string, data: object): string {
  return `id: ${id}\nevent: delivery\ndata: ${JSON.stringify(data)}\n\n`
}

// what comes is new: no range of times chooses among it
const { from: _from, to: _to, ...fields } = deliveryQueryFields

export const tailRoutes = [
  route({
    method: 'get',
    path: '/v1/deliveries/tail',
    operationId: 'tailDeliveries',
    summary: 'New deliveries as they come, each as it is first seen (server-sent events)',
    tag: 'Deliveries',
    role: 'viewer',
    query: z.strictObject({
      ...fields,
      for: wholeNumber(0, STREAM_MS / 1_000)
        .optional()
        .meta({ description: 'Seconds after which the stream ends; 300 without it.' }),
    }),
    responses: {
      200: {
        description: 'Events `delivery`, each a DeliverySummary; at most 200 a second',
        schema: z.string(),
        mediaType: 'text/event-stream',
      },
    },
    problems: [429],
    handle: async (call) => {
      const leave = enter(call)
      return {
        status: 200,
        headers: { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' },
        stream: (response) => stream(call, response).finally(leave),
      }
    },
  }),
]
