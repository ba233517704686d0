import { z } from 'zod'
import type { ReplayDocument } from '../../models/replays/document.ts'
import { recordChange } from '../access/audit.ts'
import { ApiError } from '../http/errors.ts'
import { listPage, pageOf, pageQuery } from '../lists/pages.ts'
import { startReplay, wake } from './start.ts'
import {
  replayCountSchema,
  replayInputSchema,
  replaySchema,
  replaySummary,
  replaySummarySchema,
  replayView,
} from './view.ts'
import { REPLAY_STATES } from '../../models/replays/document.ts'
import { type Answer, type Call, route } from '../http/route.ts'
import { timeRange, timeRangeQuery } from '../input/time-range.ts'

const tag = 'Replays'
const one = { 200: { description: 'The replay', schema: replaySchema } }

type State = ReplayDocument['state']
type Change = { to: State; from: State[]; action: string }

const CHANGES = {
  pause: { to: 'paused', from: ['running'], action: 'replay.paused' },
  resume: { to: 'running', from: ['paused'], action: 'replay.resumed' },
  cancel: { to: 'cancelled', from: ['running', 'paused'], action: 'replay.cancelled' },
} as const satisfies Record<string, Omit<Change, 'from'> & { from: readonly State[] }>

async function findReplay({
  deps,
  caller,
  params,
}: Call<unknown, unknown>): Promise<ReplayDocument> {
  const replay = await deps.models.replays
    .findOne({ _id: params.id, tenant: caller.tenant })
    .lean<ReplayDocument>()
    .exec()
  if (!replay) throw new ApiError('not_found', 'No such replay.')
  return replay
}

async function shown(call: Call<unknown, unknown>, replay: ReplayDocument): Promise<Answer> {
  const pages = await call.deps.models.replayCounts.find({ replay: replay._id }).lean().exec()
  return { status: 200, body: replayView(call.deps, replay, pages) }
}

/**
 * Changes the state in MongoDB, which counts, and tells the workflow. Again is allowed and mends a workflow that was not
 * told. Throws replay_finished.
 */
async function change(call: Call<unknown, unknown>, name: keyof typeof CHANGES): Promise<Answer> {
  const { to, from, action } = CHANGES[name]
  const before = await findReplay(call)
  const at = new Date(call.deps.now())
  const { modifiedCount } = await call.deps.models.replays.updateOne(
    { _id: before._id, state: { $in: [...from] } },
    { $set: { state: to, updatedAt: at, ...(to === 'cancelled' && { finishedAt: at }) } },
  )
  const after = await findReplay(call)
  if (after.state !== to)
    throw new ApiError('replay_finished', `The replay is ${after.state} and stays so.`)
  if (modifiedCount > 0)
    await recordChange(call, {
      action,
      resource: before._id,
      before: { state: before.state },
      after: { state: after.state },
    })
  await wake(call, after)
  return shown(call, after)
}

function changeRoute(name: keyof typeof CHANGES, summary: string) {
  return route({
    method: 'post',
    path: `/v1/replays/{id}/${name}`,
    operationId: `${name}Replay`,
    summary,
    tag,
    role: 'operator',
    problems: [409],
    responses: one,
    handle: (call) => change(call, name),
  })
}

export const replayRoutes = [
  route({
    method: 'post',
    path: '/v1/replays',
    operationId: 'startReplay',
    summary: 'Send deliveries again, chosen by a filter, at a rate, oldest first',
    tag,
    role: 'operator',
    problems: [409],
    body: replayInputSchema,
    nullMeans: 'refused',
    example: { filter: { state: 'failed', from: '2026-01-05T09:00:00Z' }, dryRun: true },
    responses: {
      200: { description: 'What would be sent (`dryRun`)', schema: replayCountSchema },
      202: {
        description: 'A workflow sends them',
        schema: replaySchema,
        headers: { Location: 'The replay.' },
      },
    },
    handle: startReplay,
  }),
  route({
    method: 'get',
    path: '/v1/replays',
    operationId: 'listReplays',
    summary: 'List replays, newest first',
    tag,
    role: 'viewer',
    query: z.strictObject({
      ...pageQuery,
      ...timeRangeQuery,
      state: z.enum(REPLAY_STATES).optional(),
    }),
    responses: { 200: { description: 'A page', schema: pageOf(replaySummarySchema) } },
    handle: (call) => {
      const { state } = call.query
      const createdAt = timeRange(call.query)
      return listPage(call, {
        model: call.deps.models.replays,
        timeField: 'createdAt',
        view: (replay) => replaySummary(call.deps, replay),
        filter: { ...(state && { state }), ...(createdAt && { createdAt }) },
      })
    },
  }),
  route({
    method: 'get',
    path: '/v1/replays/{id}',
    operationId: 'getReplay',
    summary: 'Read how far a replay is',
    tag,
    role: 'viewer',
    responses: one,
    handle: async (call) => shown(call, await findReplay(call)),
  }),
  changeRoute('pause', 'Send nothing more until it is resumed'),
  changeRoute('resume', 'Go on with a paused replay where it was'),
  changeRoute('cancel', 'End a replay; what it has handed over goes on'),
]
