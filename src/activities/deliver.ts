import { ApplicationFailure, Context } from '@temporalio/activity'
import {
  type AwaitResumeInput,
  type DeliverInput,
  type DeliverResult,
  FAILURE,
} from '../delivery/contract.ts'
import { durationMs } from '../delivery/duration.ts'
import { lateByMs } from '../delivery/replay-pace.ts'
import type { Models } from '../models/connect.ts'
import { type DeliveryDocument, dueTimeMs } from '../models/delivery.ts'
import type { DeliveryHistory, Ledger } from '../models/ledger.ts'
import { patiently } from '../models/patience.ts'
import type { WebhookDocument } from '../models/webhook.ts'
import type { Caps } from './caps.ts'
import { dueRows, type RowState, settleAbandoned } from './due-rows.ts'
import type { Sender, Sent } from './sender.ts'
import { resultOf } from './summary.ts'
import { endIfOver } from './webhook-over.ts'

/** A round ends this long after an attempt's timeout at the latest, so that it delays no retry of its group for longer. */
const ROUND_MARGIN_MS = 5_000
/** The SDK passes on one in 3 s; each costs it an encoding all the same, and a bad receiver keeps hundreds of these open. */
const HEARTBEAT_MS = 2_500
const TAKEN_PAUSE_MS = 1_000
/** A webhook that is paused, disabled or limited while a round sends stops it at the latest after this. */
const WEBHOOK_FRESH_MS = 1_000
const NO_ROOM_PAUSE_MS = 5_000
/** Temporal is asked to come back this much earlier than the next attempt is due, so that it can start on time. */
const LEAD_MS = 50
/** What is due so soon is waited for here, claimed already. */
const NEAR_MS = 2 * LEAD_MS

export type DeliverDependencies = {
  models: Models
  ledger: Ledger
  sender: Sender
  caps: Caps
  now: () => number
  /** Aborted when the process is to stop: no further attempt begins. */
  stopping: AbortSignal
}

/**
 * One round over the deliveries of a group to one webhook: sends what is due, records it, and tells Temporal when to come
 * back. Returns when all are finished and none failed; throws DeliveryFailed when one is used up, WebhookPaused, or
 * AttemptsLeft with the time until the next one is due.
 */
export async function deliver(
  input: DeliverInput,
  deps: DeliverDependencies,
): Promise<DeliverResult> {
  const { cancellationSignal, heartbeat, info } = Context.current()
  const states = new Map<string, RowState>()
  const beat = () =>
    heartbeat(input.deliveries.filter((id) => !states.get(id)?.finished).slice(0, 100))
  const timer = setInterval(beat, HEARTBEAT_MS)
  beat()
  try {
    const run = info.workflowExecution?.runId ?? ''
    const webhook = await readWebhook(deps, input.webhook, cancellationSignal)
    const open = await deps.ledger.openRows(input.deliveries, cancellationSignal)
    const begun = await settleAbandoned(open, { ...deps, run, signal: cancellationSignal })
    const rows = await endIfOver(webhook, begun, deps)
    for (const row of rows) states.set(row._id, { finished: false, dueAtMs: dueTimeMs(row) })
    if (webhook?.rateLimit && webhook.state === 'active' && rows.length > 0)
      throw await handedOver(webhook, rows, deps)
    const tests = rows.filter((row) => row.test)
    const isHeld = webhook?.state === 'paused' && tests.length < rows.length
    const round = { rows: isHeld ? tests : rows, states, run, deps, cancellationSignal }
    if (webhook) await cappedRound({ ...round, webhook, readAtMs: deps.now() })
    if (isHeld && !cancellationSignal.aborted) throw paused(webhook)
  } finally {
    clearInterval(timer)
  }
  if (cancellationSignal.aborted) await Context.current().cancelled
  return await conclude(input, deps, states)
}

type Round = {
  webhook: WebhookDocument
  rows: DeliveryDocument[]
  states: Map<string, RowState>
  run: string
  deps: DeliverDependencies
  cancellationSignal: AbortSignal
  /** When the webhook was read last. */
  readAtMs: number
}

/** A round for which the webhook's origin or tenant has no room is put off as a whole. */
async function cappedRound(round: Round): Promise<void> {
  const { webhook, rows, states, deps } = round
  if (rows.length === 0) return
  const release = await deps.caps.round(webhook)
  if (release) return sendRound(round).finally(release)
  const againAtMs = deps.now() + NO_ROOM_PAUSE_MS
  for (const row of rows)
    states.set(row._id, { finished: false, dueAtMs: Math.max(dueTimeMs(row), againAtMs) })
}

/** Sends what is due, `concurrency` at a time; what the round has no time for stays due. */
async function sendRound(round: Round): Promise<void> {
  const { webhook, deps } = round
  const endAtMs = deps.now() + durationMs(webhook.target.timeout) + ROUND_MARGIN_MS
  const due = dueRows(round.rows, deps.now(), NEAR_MS)
  const startOf = replayStarts(due, deps.now())
  const sendNext = async (): Promise<void> => {
    for (let row = due.shift(); row; row = due.shift()) {
      if (deps.stopping.aborted || round.cancellationSignal.aborted) return
      const release = await deps.caps.request(webhook, Math.max(endAtMs - deps.now(), 0))
      if (!release) return
      try {
        if (!(await goesOn(round))) return
        await sendOne(row, startOf(row), round)
      } finally {
        release()
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(due.length, webhook.concurrency) }, sendNext))
}

/** Whether the webhook may be sent to as when the round began. */
async function goesOn(round: Round): Promise<boolean> {
  const { deps, webhook, cancellationSignal } = round
  if (deps.now() - round.readAtMs < WEBHOOK_FRESH_MS) return true
  const now = await readWebhook(deps, webhook._id, cancellationSignal)
  const isAsBefore = now?.state === 'active' && !now.deletedAt && !now.rateLimit
  if (isAsBefore) round.readAtMs = deps.now()
  return isAsBefore
}

/** What a replay sends keeps its order and its distances where the round begins late; the rest starts when it is due. */
function replayStarts(due: DeliveryDocument[], nowMs: number): (row: DeliveryDocument) => number {
  const isReplayed = (row: DeliveryDocument) => row.replay !== undefined && row.failures === 0
  const first = due.find(isReplayed)
  const lateMs = first ? lateByMs(dueTimeMs(first), nowMs) : 0
  return (row) => dueTimeMs(row) + (isReplayed(row) ? lateMs : 0)
}

async function sendOne(
  row: DeliveryDocument,
  startMs: number,
  { webhook, states, run, deps }: Round,
): Promise<void> {
  const sent = await deps.sender.attempt(row, webhook, run, { startMs })
  if (!sent.taken) deps.caps.note(webhook, sent.attempt.code)
  if (sent.taken) states.set(row._id, { finished: false, dueAtMs: deps.now() + TAKEN_PAUSE_MS })
  else states.set(row._id, stateAfter(row, sent))
}

function stateAfter(row: DeliveryDocument, sent: Sent & { taken: false }): RowState {
  const { attempt, settlement } = sent
  if (settlement.state === 'retrying')
    return { finished: false, dueAtMs: settlement.dueAt.getTime() }
  const history = { row: { _id: row._id, ...settlement }, attempts: [attempt] }
  return { finished: true, history, attempts: attempt.number }
}

function readWebhook(
  deps: DeliverDependencies,
  id: string,
  signal: AbortSignal,
): Promise<WebhookDocument | null> {
  return patiently(() => deps.models.webhooks.findById(id).lean().exec(), signal)
}

/** Returns or throws what the round came to; every delivery is told with all its attempts. */
async function conclude(
  input: DeliverInput,
  { ledger, now }: DeliverDependencies,
  states: ReadonlyMap<string, RowState>,
): Promise<DeliverResult> {
  const result = resultOf(input, known(input, states) ?? (await ledger.history(input.deliveries)))
  const waiting = [...states.values()].flatMap((state) => (state.finished ? [] : [state.dueAtMs]))
  if (waiting.length > 0)
    throw ApplicationFailure.create({
      type: FAILURE.attemptsLeft,
      message: `${waiting.length} of ${input.deliveries.length} not delivered yet`,
      nextRetryDelay: Math.max(Math.ceil(Math.min(...waiting) - now()) - LEAD_MS, 1),
      details: [result],
    })
  if (result.failed === 0) return result
  throw ApplicationFailure.create({
    type: FAILURE.deliveryFailed,
    nonRetryable: true,
    message: `${result.failed} of ${input.deliveries.length} failed: ${result.deliveries[0]?.reason ?? ''}`,
    details: [result],
  })
}

/** The whole history without a read, where all deliveries were finished by their first attempt in this round. */
function known(
  input: DeliverInput,
  states: ReadonlyMap<string, RowState>,
): DeliveryHistory[] | undefined {
  const histories = [...states.values()].flatMap((state) =>
    state.finished && state.attempts === 1 ? [state.history] : [],
  )
  return histories.length === input.deliveries.length ? histories : undefined
}

/** The webhook has got a rate limit since these were matched: its lane sends them. */
async function handedOver(
  webhook: WebhookDocument,
  rows: DeliveryDocument[],
  { ledger }: DeliverDependencies,
): Promise<ApplicationFailure> {
  await ledger.hold(rows)
  return ApplicationFailure.create({
    type: FAILURE.webhookLimited,
    nonRetryable: true,
    message: `${webhook.name} has a rate limit now`,
  })
}

function paused(webhook: WebhookDocument): ApplicationFailure {
  return ApplicationFailure.create({
    type: FAILURE.webhookPaused,
    nonRetryable: true,
    message: `${webhook.name} is paused`,
  })
}

/** Fails while the webhook is paused and owed any of these, so that Temporal asks again later; MongoDB away counts as paused. */
export async function awaitResume(
  { webhook, deliveries }: AwaitResumeInput,
  { models, ledger }: Pick<DeliverDependencies, 'models' | 'ledger'>,
): Promise<void> {
  const found = await models.webhooks.findById(webhook, { state: 1, deletedAt: 1 }).lean()
  if (found?.state !== 'paused' || found.deletedAt) return
  if (deliveries && !(await ledger.isOwed(deliveries))) return
  throw ApplicationFailure.retryable('The webhook is paused.', FAILURE.webhookPaused)
}
