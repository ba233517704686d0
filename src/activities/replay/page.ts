import { setTimeout as sleep } from 'node:timers/promises'
import { Context } from '@temporalio/activity'
import type {
  ReplayChunk,
  ReplayItem,
  ReplayPageResult,
  ReplayTurn,
} from '../../delivery/contract.ts'
import { chunkDueMs, chunkSize, pageSize } from '../../delivery/replay-pace.ts'
import { isMissed } from '../../filter/missed.ts'
import type { Models } from '../../models/connect.ts'
import type { ReplayDocument } from '../../models/replays/document.ts'
import { type ReplayPageDocument, replayPageKey } from '../../models/replays/page.ts'
import { choosePage } from './choice.ts'

const HEARTBEAT_MS = 1_000
/** Chunks that may be on their way to their first attempts; a replay that ran ahead would pile them up in memory. */
const CHUNKS_AHEAD = 5
/** For how long a chunk waits for one before it: a receiver that hangs slows the replay of the others, and no more. */
const AHEAD_PATIENCE_MS = 2_000
const AHEAD_PAUSE_MS = 100
const GONE = { state: 'cancelled', selected: 0, sent: 0, rate: 1 } as const

type PageDependencies = {
  models: Models
  now: () => number
  stopping: AbortSignal
  startChunk: (chunk: ReplayChunk) => Promise<void>
}

/**
 * Hands over one page of a replay, chunk by chunk at its rate. The page is written before its first chunk leaves, and a
 * chunk has one workflow id, so being cut off anywhere and going on sends nothing twice and leaves nothing out.
 * Stops where the replay's state in MongoDB, which it reads before each chunk, is not `running`.
 */
export async function replayPage(
  input: ReplayTurn,
  deps: PageDependencies,
): Promise<ReplayPageResult> {
  const { heartbeat } = Context.current()
  const timer = setInterval(heartbeat, HEARTBEAT_MS)
  try {
    const replay = await readReplay(input, deps.models)
    if (replay?.state !== 'running') return resultOf(replay, input)
    const page = await openPage(replay, input.page, deps.models)
    return await handOver(replay, page, { input, deps })
  } finally {
    clearInterval(timer)
  }
}

async function handOver(
  first: ReplayDocument,
  page: ReplayPageDocument,
  { input, deps }: { input: ReplayTurn; deps: PageDependencies },
): Promise<ReplayPageResult> {
  const size = chunkSize(first.rate)
  const begun = Math.floor(Math.max(first.sent - page.before, 0) / size)
  let turn = { ...input, chunk: Math.max(input.chunk, begun) }
  let replay = first
  const prepared = page.after && openPage(first, turn.page + 1, deps.models)
  prepared?.catch(() => undefined) // the next activity tries again
  while (turn.chunk * size < page.items.length) {
    const dueMs = chunkDueMs(turn.turnMs, deps.now())
    await sleep(Math.max(dueMs - deps.now(), 0), undefined, {
      signal: Context.current().cancellationSignal,
    })
    const from = (turn.chunk - CHUNKS_AHEAD) * size
    if (from >= 0) await untilTried(replay, page.items.slice(from, from + size), deps)
    const now = await readReplay(input, deps.models)
    if (now?.state !== 'running' || deps.stopping.aborted) return resultOf(now, turn)
    replay = now
    const end = Math.min((turn.chunk + 1) * size, page.items.length)
    const items = page.items.slice(turn.chunk * size, end)
    const { tenant, _id } = replay
    await deps.startChunk({ tenant, replay: _id, page: turn.page, chunk: turn.chunk, items })
    await raiseSent(replay, page.before + end, deps)
    const tookMs = (items.length * 1_000) / replay.rate
    turn = { ...turn, chunk: turn.chunk + 1, turnMs: dueMs + tookMs }
  }
  await prepared
  const sent = page.before + page.items.length
  if (page.after) return resultOf({ ...replay, sent }, { ...turn, page: turn.page + 1, chunk: 0 })
  return resultOf({ ...(await complete(replay, deps)), sent }, turn)
}

/** Waits until these have had an attempt, but not for long. */
async function untilTried(
  { _id: replay }: ReplayDocument,
  items: ReplayItem[],
  deps: PageDependencies,
) {
  const untried = {
    _id: { $in: items.map((item) => item.delivery) },
    $or: [{ replay: { $ne: replay } }, { state: 'pending' as const }],
  }
  const untilMs = deps.now() + AHEAD_PATIENCE_MS
  while (deps.now() < untilMs && (await deps.models.deliveries.exists(untried)))
    await sleep(AHEAD_PAUSE_MS, undefined, { signal: Context.current().cancellationSignal })
}

function readReplay({ replay }: ReplayTurn, models: Models): Promise<ReplayDocument | null> {
  return models.replays.findById(replay).lean().exec()
}

/** The page as it was written, or the next candidates, written now; of two writers one wins. */
async function openPage(
  replay: ReplayDocument,
  number: number,
  models: Models,
): Promise<ReplayPageDocument> {
  const key = replayPageKey(replay._id, number)
  const written = await models.replayPages.findById(key).lean().exec()
  if (written) return written
  const last =
    number === 0
      ? null
      : await models.replayPages
          .findById(replayPageKey(replay._id, number - 1))
          .lean()
          .exec()
  const chosen = await choosePage(replay, last?.after ?? null, {
    models,
    limit: pageSize(replay.rate),
    isMissed,
  })
  const before = (last?.before ?? 0) + (last?.items.length ?? 0)
  await models.replayPages.updateOne(
    { _id: key },
    { $setOnInsert: { replay: replay._id, number, before, ...chosen } },
    { upsert: true },
  )
  const page = await models.replayPages.findById(key).lean().exec()
  if (!page) throw new Error(`page ${key} was purged`)
  await models.replayCounts.updateOne(
    { _id: key },
    { $set: { replay: replay._id, passedOver: page.passedOver } },
    { upsert: true },
  )
  return page
}

async function raiseSent({ _id }: ReplayDocument, sent: number, { models, now }: PageDependencies) {
  await models.replays.updateOne({ _id }, { $max: { sent }, $set: { updatedAt: new Date(now()) } })
}

/** Nothing is left to hand over; a replay that was paused meanwhile stays so. */
async function complete(
  replay: ReplayDocument,
  { models, now }: PageDependencies,
): Promise<ReplayDocument> {
  const at = new Date(now())
  const state = 'completed' as const
  const { modifiedCount } = await models.replays.updateOne(
    { _id: replay._id, state: 'running' },
    { $set: { state, updatedAt: at, finishedAt: at } },
  )
  if (modifiedCount > 0) return { ...replay, state }
  return (await models.replays.findById(replay._id).lean().exec()) ?? replay
}

/** A replay without a document was taken back when its start was not answered: it counts as cancelled. */
function resultOf(replay: ReplayDocument | null, next: ReplayTurn): ReplayPageResult {
  const { state, selected, sent, rate } = replay ?? GONE
  return { state, next, progress: { selected, sent, rate } }
}

/** Ends a replay whose workflow was cancelled in Temporal; one that has ended stays as it is. */
export async function cancelReplay(
  { replay: _id }: { replay: string },
  { models, now }: Pick<PageDependencies, 'models' | 'now'>,
): Promise<void> {
  const at = new Date(now())
  await models.replays.updateOne(
    { _id, state: { $in: ['running', 'paused'] } },
    { $set: { state: 'cancelled', updatedAt: at, finishedAt: at } },
  )
}
