import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { ApplicationFailure, Context } from '@temporalio/activity'
import {
  type AwaitResumeInput,
  type DeliverInput,
  type DeliverResult,
  FAILURE,
} from '../../delivery/contract.ts'
import { QUICK_PASS_MS, STAY_MS } from '../../delivery/pass-limit.ts'
import { ruleOf } from '../../delivery/row-rule.ts'
import type { Carrier } from '../../delivery/types.ts'
import type { DeliveryHistory, DeliveryReads } from '../../models/deliveries/reads.ts'
import type { Models } from '../../models/connect.ts'
import { resultOf } from './summary.ts'
import { type PassContext, type PassDependencies, type PassEnd, targetPass } from './target-pass.ts'

/** The SDK passes on one in 3 s; each costs it an encoding all the same, and a bad receiver keeps hundreds of these open. */
const HEARTBEAT_MS = 2_500
/** Temporal is asked to come back this much earlier than the next attempt is due, so that it can start on time. */
const LEAD_MS = 50
/** A row that is missing when its workflow is older was removed after its time, or may have been. */
const LOST_WITHIN_MS = 12 * 3_600_000

/**
 * One pass over the deliveries of a group to one webhook: sends what is due, records it, and tells Temporal when to come
 * back. Returns when all are finished and none failed; throws DeliveryFailed when one is used up, WebhookPaused,
 * WebhookLimited, LedgerLost, or AttemptsLeft with the time until the next one is due.
 */
export async function deliver(input: DeliverInput, deps: PassDependencies): Promise<DeliverResult> {
  const context = passContext(deps)
  const stopBeating = keepBeating(() => input.deliveries.slice(0, 100))
  const end = await passes(input, context).finally(stopBeating)
  if (context.signal.aborted) await Context.current().cancelled
  return await conclude(input, end, context)
}

/**
 * A pass; two where the first one finds the first attempts just made, and the next are due within a second or so: so soon
 * after it has scheduled an activity, a timer of Temporal's may be that much late.
 */
async function passes(input: DeliverInput, context: PassContext): Promise<PassEnd> {
  const { now, stopping } = context.deps
  const begunMs = now()
  const end = await targetPass(input, context)
  const isQuick = now() - begunMs <= QUICK_PASS_MS
  const waitMs = end.kind === 'left' ? end.dueAtMs - now() - LEAD_MS : Infinity
  if (Context.current().info.attempt > 1 || !isQuick || waitMs > STAY_MS) return end
  const over = AbortSignal.any([context.signal, stopping])
  await sleep(Math.max(waitMs, 0), undefined, { signal: over }).catch(() => undefined)
  return over.aborted ? end : await targetPass(input, context)
}

/** What a pass needs to know of the activity that it runs in. */
export function passContext(deps: PassDependencies): PassContext {
  const { cancellationSignal, info } = Context.current()
  setMaxListeners(0, cancellationSignal) // each row that waits listens
  const missingIsLost = deps.now() - info.scheduledTimestampMs < LOST_WITHIN_MS
  return { deps, carrier: ownCarrier(), signal: cancellationSignal, missingIsLost }
}

/** The run of the workflow that this activity belongs to, as the carrier of its deliveries. */
export function ownCarrier(): Carrier {
  const { workflowExecution } = Context.current().info
  return { workflow: workflowExecution?.workflowId ?? '', run: workflowExecution?.runId ?? '' }
}

/** Tells Temporal that the activity lives, until the function that it gives is called. */
export function keepBeating(details: () => unknown, everyMs = HEARTBEAT_MS): () => void {
  const { heartbeat } = Context.current()
  const timer = setInterval(() => heartbeat(details()), everyMs)
  heartbeat(details())
  return () => clearInterval(timer)
}

/** Returns or throws what the pass came to; every delivery is told with all its attempts. */
async function conclude(
  input: DeliverInput,
  end: PassEnd,
  { deps, missingIsLost }: PassContext,
): Promise<DeliverResult> {
  if (end.kind === 'paused') throw failure(FAILURE.webhookPaused, `${end.name} is paused`)
  if (end.kind === 'limited') throw failure(FAILURE.webhookLimited, `${end.name} has a rate limit`)
  if (end.kind === 'lost') throw ledgerLost(end.deliveries)
  if (end.kind === 'crowded') throw attemptsLeft(end, resultOf(input, []), deps.now())
  const known = end.kind === 'finished' ? end.histories : undefined
  const histories = known ?? (await deps.reads.history(input.deliveries))
  if (end.kind === 'left') throw attemptsLeft(end, resultOf(input, histories), deps.now())
  if (missingIsLost) expectAll(input.deliveries, histories)
  return conclusion(input, histories)
}

/** The result of what is finished. Throws DeliveryFailed with it where a delivery is used up. */
export function conclusion(
  input: DeliverInput,
  histories: DeliveryHistory[],
  summariesMost?: number,
): DeliverResult {
  const result = resultOf(input, histories, summariesMost)
  if (result.failed === 0) return result
  const why = result.deliveries[0]?.reason ?? ''
  const message = `${result.failed} of ${input.deliveries.length} failed: ${why}`
  throw failure(FAILURE.deliveryFailed, message, [result])
}

/** What waits for its next attempt: Temporal runs the activity again at that time. */
export function attemptsLeft(
  { count, dueAtMs }: { count: number; dueAtMs: number },
  result: DeliverResult,
  nowMs: number,
): ApplicationFailure {
  return ApplicationFailure.create({
    type: FAILURE.attemptsLeft,
    message: `${count} not delivered yet`,
    nextRetryDelay: Math.max(Math.ceil(dueAtMs - nowMs) - LEAD_MS, 1),
    details: [result],
  })
}

/** Throws LedgerLost where MongoDB lost some of these meanwhile: nobody can say that they are finished. */
export function expectAll(deliveries: string[], histories: DeliveryHistory[]): void {
  if (histories.length === deliveries.length) return
  const known = new Set(histories.map(({ row }) => row._id))
  throw ledgerLost(deliveries.filter((id) => !known.has(id)))
}

/** MongoDB has no record of what this workflow stored: it is to store it again. */
export function ledgerLost(deliveries: string[]): ApplicationFailure {
  const message = `MongoDB has lost the record of ${deliveries.length} deliveries`
  return failure(FAILURE.ledgerLost, message)
}

function failure(type: string, message: string, details: unknown[] = []): ApplicationFailure {
  return ApplicationFailure.create({ type, nonRetryable: true, message, details })
}

/** Fails while the webhook is paused and owed any of these, so that Temporal asks again later; MongoDB away counts as paused. */
export async function awaitResume(
  { webhook, deliveries }: AwaitResumeInput,
  { models, reads }: { models: Models; reads: DeliveryReads },
): Promise<void> {
  const found = await models.webhooks.findById(webhook).lean()
  // workflows of earlier versions name no deliveries
  const owed = deliveries ? await reads.owed(deliveries) : [{}]
  if (!owed.some((row) => ruleOf(found, row).rule === 'wait')) return
  throw ApplicationFailure.retryable('The webhook is paused.', FAILURE.webhookPaused)
}
