import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Context } from '@temporalio/activity'
import { type DeliverResult, type ShareInput, shareOf } from '../../delivery/contract.ts'
import { deliveryId, eventKey } from '../../ids.ts'
import { patiently } from '../../models/patience.ts'
import {
  attemptsLeft,
  conclusion,
  expectAll,
  keepBeating,
  ledgerLost,
  passContext,
} from './deliver.ts'
import type { LaneWaker } from '../lane/waker.ts'
import { type PassContext, type PassDependencies, type PassEnd, targetPass } from './target-pass.ts'

/** For so long an attempt of the activity goes on by itself with what becomes due, while others of its share are sending. */
const STAY_MS = 60_000
/** Before a webhook whose lane sends, or that is paused, is looked at again; a resume says so at once. */
const LANE_AGAIN_MS = 10_000
const PAUSED_AGAIN_MS = 30_000
const SUMMARIES = 20

export type ShareDependencies = PassDependencies & { waker: LaneWaker }
type Target = { tenant: string; webhook: string; deliveries: string[] }

/** The deliveries of these events to the webhooks of one share. */
export async function shareTargets(
  { events, share, of }: ShareInput,
  { models }: Pick<PassDependencies, 'models'>,
): Promise<Target[]> {
  const keys = events.map(({ tenant, id }) => eventKey(tenant, id))
  const found = await patiently(() =>
    models.events
      .find({ _id: { $in: keys } }, { tenant: 1, id: 1, webhooks: 1 })
      .lean()
      .exec(),
  )
  const targets = new Map<string, Target>()
  for (const { tenant, id, webhooks } of found)
    for (const webhook of webhooks) {
      if (shareOf(webhook, of) !== share) continue
      const target = targets.get(webhook) ?? { tenant, webhook, deliveries: [] }
      target.deliveries.push(deliveryId(tenant, id, webhook))
      targets.set(webhook, target)
    }
  return [...targets.values()]
}

/**
 * One attempt at the share of a wide event or group: a pass for each of its webhooks, in parallel, and further ones while
 * others of the share are still sending, so that one that hangs delays no other's schedule. Returns or throws as `deliver`;
 * what a lane sends is waited for.
 */
export async function deliverShare(
  input: ShareInput,
  deps: ShareDependencies,
): Promise<DeliverResult> {
  const context = passContext(deps)
  const stopBeating = keepBeating(() => `${input.share + 1} of ${input.of}`)
  try {
    const targets = await shareTargets(input, deps)
    const left = await new Share(context, deps).run(targets)
    if (context.signal.aborted) await Context.current().cancelled
    return await conclude(input, { targets, left }, context)
  } finally {
    stopBeating()
  }
}

class Share {
  private readonly context: PassContext
  private readonly deps: ShareDependencies
  private readonly untilMs: number
  private readonly quiet = new AbortController()
  private sending = 0

  constructor(context: PassContext, deps: ShareDependencies) {
    this.context = context
    this.deps = deps
    this.untilMs = deps.now() + STAY_MS
    setMaxListeners(0, this.quiet.signal)
  }

  /** Gives when the next attempt is due of each target that is not finished. */
  async run(targets: Target[]): Promise<number[]> {
    const ends = await Promise.allSettled(targets.map((target) => this.deliver(target)))
    const broken = ends.find((end) => end.status === 'rejected')
    if (broken) throw broken.reason
    return ends.flatMap((end) => (end.status === 'fulfilled' ? (end.value ?? []) : []))
  }

  private async deliver(target: Target): Promise<number | undefined> {
    for (;;) {
      this.sending += 1
      const end = await targetPass(target, this.context).finally(() => this.ended())
      const dueAtMs = this.dueAtMs(end, target)
      if (dueAtMs === undefined || !this.stays(dueAtMs)) return dueAtMs
      await sleep(dueAtMs - this.deps.now(), undefined, { signal: this.quiet.signal }).catch(
        () => undefined,
      )
      if (!this.stays(dueAtMs)) return dueAtMs
    }
  }

  private ended(): void {
    this.sending -= 1
    if (this.sending === 0) this.quiet.abort()
  }

  private stays(dueAtMs: number): boolean {
    const { signal } = this.context
    const isStopping = signal.aborted || this.deps.stopping.aborted
    return this.sending > 0 && dueAtMs < this.untilMs && !isStopping
  }

  private dueAtMs(end: PassEnd, { tenant, webhook }: Target): number | undefined {
    switch (end.kind) {
      case 'finished':
        return undefined
      case 'left':
      case 'crowded':
        return end.dueAtMs
      case 'limited':
        this.deps.waker.wake({ tenant, webhook, name: end.name })
        return this.deps.now() + LANE_AGAIN_MS
      case 'paused':
        return this.deps.now() + PAUSED_AGAIN_MS
      case 'lost':
        throw ledgerLost(end.deliveries)
    }
  }
}

async function conclude(
  { share, of }: ShareInput,
  { targets, left }: { targets: Target[]; left: number[] },
  { deps, missingIsLost }: PassContext,
): Promise<DeliverResult> {
  const deliveries = targets.flatMap((target) => target.deliveries)
  const named = {
    tenant: targets[0]?.tenant ?? '',
    webhook: `share ${share + 1} of ${of}`,
    name: `${targets.length} webhooks`,
    deliveries,
  }
  if (left.length > 0) {
    const none = { ...named, delivered: 0, failed: 0, other: 0, deliveries: [] }
    throw attemptsLeft({ count: left.length, dueAtMs: Math.min(...left) }, none, deps.now())
  }
  const histories = await deps.reads.history(deliveries)
  if (missingIsLost) expectAll(deliveries, histories)
  return conclusion(named, histories, SUMMARIES)
}
