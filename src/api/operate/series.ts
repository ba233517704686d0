import { z } from 'zod'
import { durationMs } from '../../delivery/duration.ts'
import {
  latencyPercentiles,
  STEP_MS,
  type TallyDocument,
  type TallyStep,
} from '../../models/tally.ts'
import { Turns } from '../../threads/turns.ts'
import { type Call, route } from '../http/route.ts'
import { durationSchema } from '../input/duration.ts'

/** Up to this long a window is shown by the minute. */
const BY_MINUTE_MS = 3 * 3_600_000
const WEBHOOKS_MAX = 100
const SHARES = [0.5, 0.95, 0.99]

const count = z.number().int()
const milliseconds = z.number().nullable()
const attempts = {
  delivered: count,
  failed: count,
  unknown: count.meta({ description: 'The worker died; perhaps they were sent.' }),
}
const percentiles = { p50Ms: milliseconds, p95Ms: milliseconds, p99Ms: milliseconds }

export const seriesSchema = z
  .object({
    since: z.iso.datetime(),
    stepSeconds: count,
    total: z.object({ ...attempts, ...percentiles }),
    points: z.array(z.object({ at: z.iso.datetime(), ...attempts, ...percentiles })),
    webhooks: z.array(
      z.object({
        webhook: z.string(),
        ...attempts,
        ...percentiles,
        attempts: z
          .array(count)
          .meta({ description: 'One number a step, from `since`: all its attempts.' }),
      }),
    ),
  })
  .meta({
    id: 'AttemptSeries',
    description: 'Attempts by the time of their end; percentiles are at most 15 % too high.',
  })

type Query = { since: string; webhook?: string | undefined }
type Tally = Pick<TallyDocument, 'webhook' | 'at' | 'outcomes' | 'latency'>

function attemptsIn({ delivered = 0, failed = 0, unknown = 0 }: Tally['outcomes']): number {
  return delivered + failed + unknown
}

/** The sums of some tallies. */
class Sum {
  private readonly latency = new Map<number, number>()
  private readonly outcomes = { delivered: 0, failed: 0, unknown: 0 }

  add({ outcomes, latency }: Tally): void {
    for (const outcome of ['delivered', 'failed', 'unknown'] as const)
      this.outcomes[outcome] += outcomes[outcome] ?? 0
    for (const [bucket, counted] of Object.entries(latency))
      this.latency.set(Number(bucket), (this.latency.get(Number(bucket)) ?? 0) + counted)
  }

  get attempts(): number {
    return attemptsIn(this.outcomes)
  }

  view() {
    const [p50Ms = null, p95Ms = null, p99Ms = null] = latencyPercentiles(this.latency, SHARES)
    return { ...this.outcomes, p50Ms, p95Ms, p99Ms }
  }
}

type Row = { sum: Sum; attempts: number[] }

function stepOf(since: string): TallyStep {
  return durationMs(since) <= BY_MINUTE_MS ? 'minute' : 'hour'
}

/** The starts of all steps that the window touches, the one that lasts included. */
function stepsOf(nowMs: number, since: string): number[] {
  const stepMs = STEP_MS[stepOf(since)]
  const lastMs = nowMs - (nowMs % stepMs)
  const steps = Math.ceil(durationMs(since) / stepMs) + 1
  return Array.from({ length: steps }, (_, index) => lastMs - (steps - 1 - index) * stepMs)
}

/** All tallies of the window, one after another: there may be many. */
function talliesOf({ deps, caller, query }: Call<Query, undefined>, sinceMs: number) {
  const { webhook, since } = query
  // later than the millisecond before: see models/time-range.ts
  const at = { $gt: new Date(sinceMs - 1) }
  const scope = { tenant: caller.tenant, ...(webhook !== undefined && { webhook }) }
  return deps.models.tallies
    .find({ ...scope, step: stepOf(since), at }, { webhook: 1, at: 1, outcomes: 1, latency: 1 })
    .lean<Tally[]>()
    .cursor({ batchSize: 500 })
}

async function series(call: Call<Query, undefined>): Promise<z.input<typeof seriesSchema>> {
  const steps = stepsOf(call.deps.now(), call.query.since)
  const [sinceMs = call.deps.now()] = steps
  const stepMs = STEP_MS[stepOf(call.query.since)]
  const total = new Sum()
  const points = steps.map(() => new Sum())
  const webhooks = new Map<string, Row>()
  const turns = new Turns()
  for await (const tally of talliesOf(call, sinceMs)) {
    await turns.next()
    const index = (tally.at.getTime() - sinceMs) / stepMs
    const own = webhooks.get(tally.webhook) ?? { sum: new Sum(), attempts: steps.map(() => 0) }
    webhooks.set(tally.webhook, own)
    for (const sum of [total, points[index], own.sum]) sum?.add(tally)
    own.attempts[index] = (own.attempts[index] ?? 0) + attemptsIn(tally.outcomes)
  }
  const busiest = [...webhooks]
    .toSorted(([, a], [, b]) => b.sum.attempts - a.sum.attempts)
    .slice(0, WEBHOOKS_MAX)
  return {
    since: new Date(sinceMs).toISOString(),
    stepSeconds: stepMs / 1_000,
    total: total.view(),
    points: points.map((sum, index) => {
      return { at: new Date(steps[index] ?? 0).toISOString(), ...sum.view() }
    }),
    webhooks: busiest.map(([webhook, { sum, attempts: own }]) => {
      return { webhook, ...sum.view(), attempts: own }
    }),
  }
}

export const seriesRoutes = [
  route({
    method: 'get',
    path: '/v1/stats/series',
    operationId: 'getAttemptSeries',
    summary: 'Attempts of a window over time: by the minute up to 3 h, else by the hour',
    tag: 'Stats',
    role: 'viewer',
    query: z.strictObject({
      since: durationSchema('1m', '30d').default('24h'),
      webhook: z.string().min(1).max(64).optional(),
    }),
    responses: { 200: { description: 'The series', schema: seriesSchema } },
    handle: async (call) => ({ status: 200, body: await series(call) }),
  }),
]
