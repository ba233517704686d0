import type { DeliveryDocument } from '../../src/models/deliveries/document.ts'
import type { AttemptRecord } from '../../src/models/deliveries/attempt.ts'
import type { EventDocument } from '../../src/models/event.ts'
import { deliveryId, eventKey, sha256 } from '../../src/ids.ts'

const TENANT = 'default'
const DAY_MS = 86_400_000
/** They are spread over so long before now, and go so long after it. */
const SPREAD_MS = 30 * DAY_MS
const WEBHOOKS = 100
const TYPES = 10
const TOOK_MS = 12

/** Of 1,000 deliveries: most succeed, some need a second attempt, few end otherwise. */
const ENDS = [
  { below: 960, state: 'delivered', status: 200, attempts: 1 },
  { below: 980, state: 'delivered', status: 200, attempts: 2 },
  { below: 990, state: 'failed', status: 500, attempts: 10 },
  { below: 996, state: 'failed', status: 404, attempts: 10 },
  { below: 999, state: 'failed', status: 410, attempts: 1 },
  { below: 1_000, state: 'skipped', status: undefined, attempts: 0 },
] as const
type End = (typeof ENDS)[number]

/** Names of what is stored, for those who look for it. */
export const stored = {
  event: (n: number) => `stored-${n}`,
  webhook: (n: number) => `wh_stored_${n % WEBHOOKS}`,
  type: (n: number) => `bench.stored.${n % TYPES}`,
}

/** The nth of `count` events with its delivery, as they lie in the database when all is over. */
export function storedPair(
  n: number,
  { count, nowMs }: { count: number; nowMs: number },
): { event: EventDocument; delivery: DeliveryDocument } {
  const at = new Date(nowMs - Math.floor((SPREAD_MS * (count - n)) / count))
  const purgeAt = new Date(nowMs + SPREAD_MS)
  const id = stored.event(n)
  const workflow = `event/${TENANT}/${id}`
  const type = stored.type(n)
  const data = `{"order":${n},"total":1990,"currency":"EUR"}`
  const event: EventDocument = {
    _id: eventKey(TENANT, id),
    tenant: TENANT,
    id,
    type,
    receivedAt: at,
    data,
    hash: sha256(data),
    workflow,
    webhooks: [stored.webhook(n)],
    delivered: true,
    purgeAt,
  }
  const body = `{"id":"${id}","type":"${type}","timestamp":"${at.toISOString()}","data":${data}}`
  return { event, delivery: { ...deliveryOf(n, { event, at }), body, purgeAt } }
}

function deliveryOf(
  n: number,
  { event, at }: { event: EventDocument; at: Date },
): Omit<DeliveryDocument, 'body' | 'purgeAt'> {
  // the ends are mixed among webhooks and types, with which a plain remainder would go together
  const end = endOf((n * 7_919) % 1_000)
  const webhook = stored.webhook(n)
  const endedAt = new Date(at.getTime() + TOOK_MS)
  return {
    _id: deliveryId(TENANT, event.id, webhook),
    tenant: TENANT,
    event: event.id,
    webhook,
    type: event.type,
    state: end.state,
    contentType: 'application/json',
    workflow: event.workflow,
    createdAt: at,
    attempts: end.attempts,
    failures: end.state === 'delivered' ? end.attempts - 1 : end.attempts,
    unknowns: 0,
    round: 1,
    updatedAt: endedAt,
    finishedAt: endedAt,
    ...(end.status === undefined
      ? { reason: { code: 'backlog_full' as const, detail: 'The webhook is owed too much.' } }
      : attemptsOf(end, { id: event.id, at, endedAt })),
  }
}

function attemptsOf(
  { status, attempts }: End,
  { id, at, endedAt }: { id: string; at: Date; endedAt: Date },
): Partial<DeliveryDocument> {
  const outcome = status === 200 ? 'delivered' : 'failed'
  const code = status === 200 ? {} : { code: status === 500 ? 'http_5xx' : 'http_4xx' }
  const timings = { dnsMs: null, connectMs: null, tlsMs: null, ttfbMs: TOOK_MS, totalMs: TOOK_MS }
  const headers = [
    { name: 'content-type', value: 'application/json' },
    { name: 'webhook-id', value: id },
    { name: 'webhook-timestamp', value: String(Math.floor(at.getTime() / 1_000)) },
    { name: 'webhook-signature', value: `v1,${'A'.repeat(43)}=` },
  ]
  const last: AttemptRecord = {
    number: attempts,
    startedAt: at,
    endedAt,
    outcome,
    ...code,
    timings,
    request: { method: 'POST', url: 'https://receiver.example/hook', headers },
    response: { status: status ?? 0, headers: [], body: '', truncated: false },
  }
  return {
    log: [last],
    firstAttemptAt: at,
    lastAttempt: { number: attempts, at, outcome, ...code, status: status ?? 0, totalMs: TOOK_MS },
  }
}

function endOf(perMille: number): End {
  return ENDS.find(({ below }) => perMille < below) ?? ENDS[0]
}
