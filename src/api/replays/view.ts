import { z } from 'zod'
import { secondsFor } from '../../delivery/replay-pace.ts'
import { FINAL_STATES } from '../../delivery/types.ts'
import { replayWorkflow } from '../../delivery/contract.ts'
import { REPLAY_STATES, type ReplayDocument } from '../../models/replays/document.ts'
import type { ReplayCountDocument } from '../../models/replays/count.ts'
import { deliveryFilterFields } from '../deliveries/view.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { publicUrl } from '../http/links.ts'

const time = z.iso.datetime()
const count = z.number().int()
const rate = z.number().int().min(1).max(1_000)

const filterSchema = z.strictObject({
  ...deliveryFilterFields,
  state: z.enum(FINAL_STATES).optional().meta({
    description:
      'Without it: failed, skipped and cancelled. `delivered` needs `force`. What is not finished is never taken.',
  }),
})

/** What to send again. */
export const replayInputSchema = z
  .strictObject({
    filter: filterSchema.meta({ description: 'As the parameters of GET /v1/deliveries.' }),
    missing: z.boolean().default(false).meta({
      description:
        'Also events without a delivery for `filter.webhook` that match its events and filter as they are now.',
    }),
    dryRun: z.boolean().default(false).meta({ description: 'Counts, and sends nothing.' }),
    rate: rate.default(50).meta({ description: 'Deliveries a second.' }),
    force: z.boolean().default(false).meta({ description: 'Needed for `delivered` ones.' }),
  })
  .superRefine(({ filter, missing, force }, context) => {
    const refuse = (path: string[], message: string) =>
      context.addIssue({ code: 'custom', path, message })
    if (filter.state === 'delivered' && !force)
      refuse(['force'], 'must be true to send again what was delivered')
    if (!missing) return
    if (filter.webhook === undefined)
      refuse(['filter', 'webhook'], 'is needed with missing: whose events are meant?')
    for (const name of ['status', 'statusClass', 'code', 'attempts'] as const)
      if (filter[name] !== undefined)
        refuse(['filter', name], 'does not go with missing: what was never sent has none')
  })
export type ReplayInput = z.output<typeof replayInputSchema>

/** What a replay would send. */
export const replayCountSchema = z
  .object({
    count,
    perDay: z.array(z.object({ day: z.iso.date(), count })),
    perWebhook: z.array(z.object({ webhook: z.string(), name: z.string(), count })),
    passedOver: count.meta({ description: 'Left out: their webhook is not active or deleted.' }),
    rate,
    estimatedSeconds: count,
    warnings: z.array(z.object({ code: z.string(), detail: z.string() })).optional(),
  })
  .meta({ id: 'ReplayCount' })

/** A replay as lists show it. */
export const replaySummarySchema = z
  .object({
    id: z.string(),
    state: z.enum(REPLAY_STATES),
    filter: filterSchema,
    missing: z.boolean(),
    force: z.boolean(),
    rate,
    selected: count.meta({ description: 'Chosen when it was asked for.' }),
    sent: count.meta({ description: 'Handed over; each is tried by its whole schedule.' }),
    left: count,
    estimatedSeconds: count.meta({ description: 'Until the last is handed over.' }),
    createdAt: time,
    updatedAt: time,
    finishedAt: time.optional(),
    links: z.object({ self: z.string(), temporal: z.string().nullable() }),
  })
  .meta({ id: 'ReplaySummary' })

/** One replay with what became of its deliveries. */
export const replaySchema = replaySummarySchema
  .extend({
    done: count.meta({ description: 'Delivered.' }),
    failed: count.meta({ description: 'Their schedule is used up.' }),
    passedOver: count.meta({
      description: 'Left out: webhook not active or deleted, or somebody else redelivered it.',
    }),
    warnings: replayCountSchema.shape.warnings,
  })
  .meta({ id: 'Replay' })

/** A row of the list. */
export function replaySummary(
  deps: Pick<ApiDependencies, 'config' | 'temporal'>,
  replay: ReplayDocument,
): z.input<typeof replaySummarySchema> {
  const { _id: id, state, filter, missing, force, rate: perSecond, selected, sent } = replay
  const isOver = state === 'completed' || state === 'cancelled'
  const left = isOver ? 0 : Math.max(selected - sent, 0)
  return {
    id,
    state,
    filter: filter as z.input<typeof filterSchema>,
    missing,
    force,
    rate: perSecond,
    selected,
    sent,
    left,
    estimatedSeconds: secondsFor(left, perSecond),
    createdAt: replay.createdAt.toISOString(),
    updatedAt: replay.updatedAt.toISOString(),
    ...(replay.finishedAt && { finishedAt: replay.finishedAt.toISOString() }),
    links: {
      self: publicUrl(deps.config, `/v1/replays/${id}`),
      temporal: deps.temporal.workflowUrl(replayWorkflow(id)),
    },
  }
}

/** The replay with the sums of its pages. */
export function replayView(
  deps: Pick<ApiDependencies, 'config' | 'temporal'>,
  replay: ReplayDocument,
  pages: Pick<ReplayCountDocument, 'chunks' | 'passedOver'>[],
): z.input<typeof replaySchema> {
  const chunks = pages.flatMap((page) => Object.values(page.chunks ?? {}))
  const sum = (name: 'done' | 'failed' | 'passedOver') =>
    chunks.reduce((total, chunk) => total + chunk[name], 0)
  const left = pages.reduce((total, page) => total + (page.passedOver ?? 0), 0)
  return {
    ...replaySummary(deps, replay),
    done: sum('done'),
    failed: sum('failed'),
    passedOver: sum('passedOver') + left,
  }
}
