import { z } from 'zod'
import { durationMs } from '../../delivery/duration.ts'
import type { DeliveryState } from '../../delivery/types.ts'
import type { DeliveryDocument } from '../../models/deliveries/document.ts'
import { deliveryStateSchema } from '../deliveries/view.ts'
import { type Call, route } from '../http/route.ts'
import { durationSchema } from '../input/duration.ts'

/** Percentiles are of the attempts of the latest deliveries, at most this many. */
const ATTEMPTS_READ = 10_000

const counts = z.partialRecord(deliveryStateSchema, z.number().int())
const milliseconds = z.number().nullable()
const statsSchema = z
  .object({
    since: z.iso.datetime(),
    deliveries: counts,
    webhooks: z.array(z.object({ webhook: z.string(), deliveries: counts })),
    hours: z.array(z.object({ hour: z.iso.datetime(), deliveries: counts })),
    latency: z.object({
      attempts: z.number().int(),
      p50Ms: milliseconds,
      p95Ms: milliseconds,
      p99Ms: milliseconds,
    }),
  })
  .meta({ id: 'Stats' })

type Counts = Partial<Record<DeliveryState, number>>
type Group = { _id: { webhook: string; state: DeliveryState; hour: string }; count: number }

/** The percentile (0–1) of sorted numbers by the nearest rank; null of none. */
function percentile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null
}

function countBy(groups: readonly Group[], keyOf: (group: Group) => string): Map<string, Counts> {
  const counted = new Map<string, Counts>()
  for (const group of groups) {
    const entry = counted.get(keyOf(group)) ?? {}
    const { state } = group._id
    entry[state] = (entry[state] ?? 0) + group.count
    counted.set(keyOf(group), entry)
  }
  return counted
}

function countDeliveries({ deps, caller }: Call<unknown, unknown>, since: Date): Promise<Group[]> {
  return deps.models.deliveries
    .aggregate<Group>([
      { $match: { tenant: caller.tenant, createdAt: { $gte: since } } },
      {
        $group: {
          _id: {
            webhook: '$webhook',
            state: '$state',
            hour: { $dateToString: { format: '%Y-%m-%dT%H:00:00Z', date: '$createdAt' } },
          },
          count: { $sum: 1 },
        },
      },
    ])
    .exec()
}

async function latency({ deps, caller }: Call<unknown, unknown>, since: Date) {
  const rows = await deps.models.deliveries
    .find({ tenant: caller.tenant, createdAt: { $gte: since } }, { 'log.timings.totalMs': 1 })
    .sort({ createdAt: -1 })
    .limit(ATTEMPTS_READ)
    .lean<Pick<DeliveryDocument, 'log'>[]>()
    .exec()
  const totals = rows
    .flatMap(({ log = [] }) => log.flatMap(({ timings }) => timings?.totalMs ?? []))
    .slice(0, ATTEMPTS_READ)
  totals.sort((a, b) => a - b)
  return {
    attempts: totals.length,
    p50Ms: percentile(totals, 0.5),
    p95Ms: percentile(totals, 0.95),
    p99Ms: percentile(totals, 0.99),
  }
}

export const statsRoutes = [
  route({
    method: 'get',
    path: '/v1/stats',
    operationId: 'getStats',
    summary: 'Counts of the deliveries of a window, and how fast receivers answered',
    tag: 'Stats',
    role: 'viewer',
    query: z.strictObject({ since: durationSchema('1m', '7d').default('24h') }),
    responses: { 200: { description: 'The counts', schema: statsSchema } },
    handle: async (call) => {
      const since = new Date(call.deps.now() - durationMs(call.query.since))
      const [groups, times] = await Promise.all([
        countDeliveries(call, since),
        latency(call, since),
      ])
      const byWebhook = countBy(groups, ({ _id }) => _id.webhook)
      const byHour = [...countBy(groups, ({ _id }) => _id.hour)].toSorted(([a], [b]) =>
        a < b ? -1 : 1,
      )
      const body: z.input<typeof statsSchema> = {
        since: since.toISOString(),
        deliveries: countBy(groups, () => '').get('') ?? {},
        webhooks: [...byWebhook].map(([webhook, deliveries]) => ({ webhook, deliveries })),
        hours: byHour.map(([hour, deliveries]) => ({ hour, deliveries })),
        latency: times,
      }
      return { status: 200, body }
    },
  }),
]
