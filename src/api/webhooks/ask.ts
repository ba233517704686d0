import { z } from 'zod'
import { durationMs } from '../../delivery/duration.ts'
import { wantsType } from '../../delivery/match.ts'
import { plannedAttempts } from '../../delivery/schedule.ts'
import { judge } from '../../filter/verdict.ts'
import { envelopeOf, type EventDocument } from '../../models/event.ts'
import { durationSchema } from '../input/duration.ts'
import { Turns } from '../../threads/turns.ts'
import { type Call, route } from '../http/route.ts'
import { settingFor } from './allow-setting.ts'
import { wirePatterns } from './patterns.ts'
import { filterSchema, patternsSchema, retrySchema } from './schema.ts'

const tag = 'Webhooks'
/** Events that are counted, types that are looked at, and events that a filter is tried on: the latest. */
const COUNTED_MAX = 50_000
const TYPES_MAX = 1_000
const TRIED_MAX = 100
const TRIED_MS = 1_000

const count = z.number().int()
const note = z.object({ code: z.string(), detail: z.string() })

export const urlVerdictSchema = z
  .object({
    ok: z.boolean(),
    url: z.string().optional().meta({ description: 'In its normal form, where it may be used.' }),
    refusal: note.optional(),
    warning: note.optional(),
    setting: z
      .string()
      .optional()
      .meta({ description: 'What an operator sets to allow it, where that can be allowed.' }),
  })
  .meta({ id: 'UrlVerdict' })

const reachInputSchema = z
  .strictObject({
    events: patternsSchema,
    filter: filterSchema.optional(),
    since: durationSchema('1m', '7d').default('24h'),
  })
  .meta({ id: 'ReachInput' })

export const reachSchema = z
  .object({
    listed: count.meta({ description: 'Events of the window whose type the patterns name.' }),
    of: count.meta({ description: 'All events of the window, at most the latest 50,000.' }),
    types: z
      .array(z.object({ type: z.string(), count }))
      .meta({ description: 'The 20 commonest.' }),
    tried: z
      .object({ events: count, matched: count, failed: count, error: z.string().optional() })
      .optional()
      .meta({ description: 'Of the latest of them, how many the filter lets through.' }),
  })
  .meta({ id: 'Reach' })

export const plannedSchema = z
  .object({
    attempts: z.array(
      z.object({ number: count, afterSeconds: z.number().meta({ description: 'The first.' }) }),
    ),
    totalSeconds: z.number(),
  })
  .meta({ id: 'PlannedAttempts', description: 'Where every attempt fails at once; no jitter.' })

async function checkUrl(call: Call<undefined, { url: string }>) {
  const { url } = call.body
  const checked = await call.deps.checkTarget(url)
  if (checked.ok) return { ok: true, url: checked.url, warning: checked.warning }
  const { code, detail } = checked
  return { ok: false, refusal: { code, detail }, setting: settingFor(code, url) }
}

type ReachInput = z.output<typeof reachInputSchema>

async function reach(call: Call<undefined, ReachInput>): Promise<z.input<typeof reachSchema>> {
  const { deps, caller, body } = call
  const since = new Date(deps.now() - durationMs(body.since))
  const patterns = wirePatterns(body.events)
  const scope = { tenant: caller.tenant, receivedAt: { $gt: since } }
  const types = await deps.models.events
    .aggregate<{ _id: string; count: number }>([
      { $match: scope },
      { $sort: { receivedAt: -1 } },
      { $limit: COUNTED_MAX },
      { $project: { _id: 0, type: 1 } },
      { $group: { _id: '$type', count: { $sum: 1 } } },
      { $sort: { count: -1 } },
      { $limit: TYPES_MAX },
    ])
    .exec()
  const listed = await wanted(types, patterns)
  const sum = (some: { count: number }[]) => some.reduce((total, one) => total + one.count, 0)
  const commonest = listed.slice(0, 20)
  const tried =
    body.filter === undefined
      ? undefined
      : await tryFilter(call, { ...scope, type: { $in: listed.map(({ _id }) => _id) } }, patterns)
  return {
    listed: sum(listed),
    of: sum(types),
    types: commonest.map(({ _id, count: ofType }) => ({ type: _id, count: ofType })),
    ...(tried && { tried }),
  }
}

async function wanted<Type extends { _id: string }>(types: Type[], patterns: string[]) {
  const turns = new Turns()
  const listed: Type[] = []
  for (const type of types) {
    await turns.next()
    if (wantsType(patterns, type._id)) listed.push(type)
  }
  return listed
}

async function tryFilter(
  { deps, body }: Call<undefined, ReachInput>,
  scope: Record<string, unknown>,
  events: string[],
) {
  const recent = deps.models.events
    .find({ ...scope, onlyWebhook: { $exists: false } })
    .sort({ receivedAt: -1 })
    .limit(TRIED_MAX)
    .lean<EventDocument[]>()
    .cursor({ batchSize: 10 })
  const webhook = { events, filter: body.filter ?? 'true', state: 'active' as const }
  const tried = { events: 0, matched: 0, failed: 0 }
  const untilMs = deps.now() + TRIED_MS
  let error: string | undefined
  for await (const event of recent) {
    const verdict = await judge(webhook, envelopeOf(event), 'question')
    tried.events += 1
    if (verdict.matches) tried.matched += 1
    else if (verdict.reason === 'filter_error') {
      tried.failed += 1
      error ??= verdict.detail
    }
    if (deps.now() > untilMs) break
  }
  return { ...tried, ...(error !== undefined && { error }) }
}

/** Questions about settings before they are saved; nothing is stored or sent. */
export const askRoutes = [
  route({
    method: 'post',
    path: '/v1/webhooks/check-url',
    operationId: 'checkUrl',
    asks: true,
    summary: 'Whether a webhook may point at this URL, and which setting would allow it',
    tag,
    role: 'operator',
    body: z.strictObject({ url: z.string().max(2_048) }).meta({ id: 'UrlInput' }),
    example: { url: 'https://crm.example.com/hooks' },
    responses: { 200: { description: 'The verdict', schema: urlVerdictSchema } },
    handle: async (call) => ({ status: 200, body: await checkUrl(call) }),
  }),
  route({
    method: 'post',
    path: '/v1/webhooks/reach',
    operationId: 'countReach',
    asks: true,
    summary: 'How many recent events these patterns and this filter would have matched',
    tag,
    role: 'operator',
    body: reachInputSchema,
    example: { events: ['customer_*'], filter: 'data.action == "add"' },
    responses: { 200: { description: 'The counts', schema: reachSchema } },
    handle: async (call) => ({ status: 200, body: await reach(call) }),
  }),
  route({
    method: 'post',
    path: '/v1/webhooks/plan-retries',
    operationId: 'planRetries',
    summary: 'When the attempts of a schedule would start',
    tag,
    role: 'viewer',
    body: z.strictObject({ retry: retrySchema }).meta({ id: 'PlanInput' }),
    example: { retry: { type: 'fixed', interval: '1s', retries: 3 } },
    responses: { 200: { description: 'The attempts', schema: plannedSchema } },
    handle: async ({ body }) => {
      const seconds = plannedAttempts(body.retry).map((ms) => ms / 1_000)
      const attempts = seconds.map((afterSeconds, index) => ({ number: index + 1, afterSeconds }))
      return { status: 200, body: { attempts, totalSeconds: seconds.at(-1) ?? 0 } }
    },
  }),
]
