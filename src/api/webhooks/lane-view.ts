import { z } from 'zod'
import { countAt, expectedMs, rateOf } from '../../delivery/slot-rule.ts'
import type { DeliveryDocument } from '../../models/deliveries/document.ts'
import { LaneRows } from '../../models/deliveries/lane-rows.ts'
import type { LaneRingDocument } from '../../models/webhooks/lane-ring.ts'
import type { WebhookDocument } from '../../models/webhooks/document.ts'
import type { ApiDependencies } from '../dependencies.ts'

const count = z.number().int()

/** What a webhook is owed at the moment, and how its rate limit stands. */
export const owedSchema = z
  .object({
    pending: count,
    held: count.meta({ description: 'Waiting for the rate limit.' }),
    retrying: count,
    sentInWindow: count.optional().meta({ description: 'Requests that count against the limit.' }),
    nextSlotAt: z.iso.datetime().optional().meta({ description: 'When the next may start.' }),
    throughAt: z.iso
      .datetime()
      .optional()
      .meta({ description: 'When all that is held should have been sent once; an estimate.' }),
  })
  .meta({ id: 'Owed', description: 'Open deliveries of the webhook; not part of its version.' })

/** The counts of one webhook, and its lane's times where it has a rate limit. */
export async function owedView(
  deps: ApiDependencies,
  webhook: WebhookDocument,
): Promise<z.input<typeof owedSchema>> {
  const counts = await new LaneRows(deps.models).counts(webhook._id)
  const lane = await laneOf(deps, webhook)
  if (!lane) return counts
  const { ring, rate, fromMs } = lane
  const at = (ahead: number) => new Date(expectedMs(ring, rate, ahead, fromMs)).toISOString()
  return {
    ...counts,
    sentInWindow: countAt(ring, rate, deps.now()),
    nextSlotAt: at(0),
    ...(counts.held > 0 && { throughAt: at(counts.held - 1) }),
  }
}

/** When a held delivery should get its first attempt; undefined where nothing limits its webhook. */
export async function expectedAt(
  deps: ApiDependencies,
  row: Pick<DeliveryDocument, 'webhook' | 'state' | 'dueAt'>,
): Promise<Date | undefined> {
  if (row.state !== 'held' || !row.dueAt) return undefined
  const webhook = await deps.models.webhooks.findById(row.webhook).lean<WebhookDocument>().exec()
  const lane = webhook && (await laneOf(deps, webhook))
  if (!lane) return undefined
  // those of the same millisecond may go before it
  const upTo = { webhook: row.webhook, state: 'held' as const, dueAt: { $lte: row.dueAt } }
  const ahead = Math.max((await deps.models.deliveries.countDocuments(upTo)) - 1, 0)
  return new Date(expectedMs(lane.ring, lane.rate, ahead, lane.fromMs))
}

async function laneOf(deps: ApiDependencies, { _id, rateLimit }: WebhookDocument) {
  const rate = rateOf(rateLimit)
  if (!rate) return undefined
  const stored = await deps.models.laneRings.findById(_id).lean<LaneRingDocument>().exec()
  return {
    ring: stored?.ring ?? [],
    rate,
    fromMs: Math.max(deps.now(), stored?.pausedUntil?.getTime() ?? 0),
  }
}
