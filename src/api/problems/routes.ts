import { z } from 'zod'
import { durationMs } from '../../delivery/duration.ts'
import type { ProblemMarkDocument } from '../../models/problem-mark.ts'
import { recordChange } from '../access/audit.ts'
import { durationSchema } from '../input/duration.ts'
import { ApiError } from '../http/errors.ts'
import { publicUrl } from '../http/links.ts'
import { type Answer, type Call, route } from '../http/route.ts'
import { findGroups, type ProblemGroup } from './groups.ts'

const tag = 'Problems'
/** What a person said of a problem is kept this long. */
const MARK_MS = 30 * 86_400_000
const MARKS_MAX = 500
/** What happened before is history: it is in the list of deliveries. */
const LOOK_BACK = '7d'
const time = z.iso.datetime()
const count = z.number().int()
const STATES = ['open', 'acknowledged', 'resolved'] as const

export const problemSchema = z
  .object({
    id: z.string(),
    webhook: z.string(),
    name: z.string().meta({ description: 'Of the webhook.' }),
    code: z.string().meta({ description: 'Of the last attempts.' }),
    state: z
      .enum(STATES)
      .meta({ description: '`resolved`: nothing of it is left, or a person said so.' }),
    failed: count.meta({ description: 'Deliveries whose schedule is used up.' }),
    retrying: count,
    firstAt: time.nullable().meta({ description: 'Creation of the oldest of these deliveries.' }),
    lastAt: time.nullable().meta({ description: 'The last failed attempt.' }),
    example: z.string().nullable().meta({ description: 'The newest of these deliveries.' }),
    markedAt: time.nullable().meta({ description: 'When a person acknowledged or resolved it.' }),
    links: z.object({ deliveries: z.string(), webhook: z.string() }),
  })
  .meta({
    id: 'ProblemGroup',
    description:
      'Failures of one webhook with one code. What fails again after it was resolved opens it again.',
  })
type Problem = z.input<typeof problemSchema>

const ACTIONS = {
  acknowledge: {
    state: 'acknowledged',
    action: 'problem.acknowledged',
    summary: 'Say that somebody is at it',
  },
  resolve: {
    state: 'resolved',
    action: 'problem.resolved',
    summary: 'Say that it is over; later failures open it again',
  },
  reopen: { state: 'open', action: 'problem.reopened', summary: 'Take back what was said of it' },
} as const

type Scope = { since: Date; only?: { webhook?: string; code?: string } }

/** Problems of the caller's tenant within the window, the last failure first, then those that are over. */
async function problemsOf(
  call: Call<unknown, unknown>,
  { since, only }: Scope,
): Promise<Problem[]> {
  const { deps, caller } = call
  const { tenant } = caller
  const marks = await deps.models.problemMarks
    .find({ tenant, ...only })
    .sort({ at: -1 })
    .limit(MARKS_MAX)
    .lean<ProblemMarkDocument[]>()
    .exec()
  const groups = await findGroups(deps.models, { tenant, since, marks, ...(only && { only }) })
  const markOf = new Map(marks.map((mark) => [mark._id, mark]))
  const isOpen = new Set(groups.map(({ id }) => id))
  const over = marks.filter(({ _id, at }) => !isOpen.has(_id) && at >= since)
  const all = [
    ...groups.map((group) => viewOf(call, group, markOf.get(group.id))),
    ...over.map((mark) => viewOf(call, { ...mark, id: mark._id }, mark)),
  ]
  const names = await namesOf(call, all)
  return all.map((problem) => ({ ...problem, name: names.get(problem.webhook) ?? problem.webhook }))
}

async function namesOf({ deps, caller }: Call<unknown, unknown>, problems: Problem[]) {
  const ids = [...new Set(problems.map(({ webhook }) => webhook))]
  const webhooks = await deps.models.webhooks
    .find({ _id: { $in: ids }, tenant: caller.tenant }, { name: 1 })
    .lean<{ _id: string; name: string }[]>()
    .exec()
  return new Map(webhooks.map(({ _id, name }) => [_id, name]))
}

/** What was acknowledged is what failed by then: where none of it is left, what fails now is new. */
function isAcknowledged(group: ProblemGroup, mark: ProblemMarkDocument | undefined): boolean {
  return mark?.state === 'acknowledged' && group.firstAt <= mark.at
}

function viewOf(
  { deps }: Call<unknown, unknown>,
  group: ProblemGroup | Pick<ProblemGroup, 'id' | 'webhook' | 'code'>,
  mark: ProblemMarkDocument | undefined,
): Problem {
  const { id, webhook, code } = group
  const rows = 'failed' in group ? group : undefined
  const query = new URLSearchParams({ webhook, code })
  return {
    id,
    webhook,
    name: webhook,
    code,
    state: rows ? (isAcknowledged(rows, mark) ? 'acknowledged' : 'open') : 'resolved',
    failed: rows?.failed ?? 0,
    retrying: rows?.retrying ?? 0,
    firstAt: rows?.firstAt.toISOString() ?? null,
    lastAt: rows?.lastAt.toISOString() ?? null,
    example: rows?.example ?? null,
    markedAt: mark?.at.toISOString() ?? null,
    links: {
      deliveries: publicUrl(deps.config, `/v1/deliveries?${query.toString()}`),
      webhook: publicUrl(deps.config, `/v1/webhooks/${webhook}`),
    },
  }
}

function windowStart({ deps }: Call<unknown, unknown>, since: string): Date {
  return new Date(deps.now() - durationMs(since))
}

async function markProblem(
  call: Call<unknown, unknown>,
  name: keyof typeof ACTIONS,
): Promise<Answer> {
  const { deps, caller, params } = call
  const since = windowStart(call, LOOK_BACK)
  const before = (await problemsOf(call, { since })).find(({ id }) => id === params.id)
  if (!before) throw new ApiError('not_found', 'No such problem within the last 7 days.')
  const { id, webhook, code } = before
  const { state, action } = ACTIONS[name]
  const { tenant, keyId: by } = caller
  const at = new Date(deps.now())
  const purgeAt = new Date(at.getTime() + MARK_MS)
  const { problemMarks } = deps.models
  if (state === 'open') await problemMarks.deleteOne({ _id: id, tenant })
  else {
    const said = { tenant, webhook, code, state, at, by, purgeAt }
    await problemMarks.updateOne({ _id: id }, { $set: said }, { upsert: true })
  }
  await recordChange(call, {
    action,
    resource: id,
    before: { state: before.state },
    after: { state, webhook, code },
  })
  const after = (await problemsOf(call, { since, only: { webhook, code } })).find(
    (problem) => problem.id === id,
  )
  return { status: 200, body: after ?? { ...before, state } }
}

export const problemRoutes = [
  route({
    method: 'get',
    path: '/v1/problems',
    operationId: 'listProblems',
    summary: 'What fails, grouped by webhook and code, the last failure first',
    tag,
    role: 'viewer',
    query: z.strictObject({
      since: durationSchema('1m', LOOK_BACK).default('24h'),
      state: z.enum(STATES).optional(),
      webhook: z.string().min(1).max(64).optional(),
    }),
    responses: {
      200: {
        description: 'At most 100 that last',
        schema: z.object({ data: z.array(problemSchema) }),
      },
    },
    handle: async (call) => {
      const { since, state, webhook } = call.query
      const only = webhook === undefined ? {} : { only: { webhook } }
      const all = await problemsOf(call, { since: windowStart(call, since), ...only })
      const data = all.filter((one) => state === undefined || one.state === state)
      return { status: 200, body: { data } }
    },
  }),
  ...(Object.keys(ACTIONS) as (keyof typeof ACTIONS)[]).map((name) =>
    route({
      method: 'post',
      path: `/v1/problems/{id}/${name}`,
      operationId: `${name}Problem`,
      summary: ACTIONS[name].summary,
      tag,
      role: 'operator',
      responses: { 200: { description: 'As it is now', schema: problemSchema } },
      handle: (call) => markProblem(call, name),
    }),
  ),
]
