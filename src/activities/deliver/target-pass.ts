import { type Carrier, LANE_RUN } from '../../delivery/types.ts'
import type { Models } from '../../models/connect.ts'
import type { Claims } from '../../models/deliveries/claims.ts'
import type { DeliveryChanges } from '../../models/deliveries/changes.ts'
import type { DeliveryHistory, DeliveryReads, OwedRow } from '../../models/deliveries/reads.ts'
import { type DeliveryDocument, dueTimeMs } from '../../models/deliveries/document.ts'
import type { WebhookDocument } from '../../models/webhooks/document.ts'
import type { Caps } from './caps.ts'
import { settleAbandoned, settleEnded } from './due-rows.ts'
import { FreshWebhook } from './fresh-webhook.ts'
import { ruledRows } from './ruled-rows.ts'
import { sendDue } from './send-due.ts'
import type { Sender, Sent } from './sender.ts'
import type { Release } from './permits.ts'

/** Before a row that another sender has in hand, or that a pass had no time for, is looked at again. */
const TAKEN_PAUSE_MS = 1_000

export type PassDependencies = {
  models: Models
  claims: Claims
  changes: DeliveryChanges
  reads: DeliveryReads
  sender: Sender
  caps: Caps
  now: () => number
  /** Aborted when the process is to stop: no further attempt begins. */
  stopping: AbortSignal
}
export type PassContext = {
  deps: PassDependencies
  carrier: Carrier
  signal: AbortSignal
  /** Rows that MongoDB does not have were lost, and not removed after their time. */
  missingIsLost: boolean
}
type Target = { webhook: string; deliveries: string[] }

/**
 * What a pass came to. `crowded`: there is no room for it yet, and it has looked at nothing; `limited`: what is left is its
 * lane's; `lost`: MongoDB has no record of these.
 */
export type PassEnd =
  | { kind: 'finished'; histories: DeliveryHistory[] | undefined }
  | { kind: 'left' | 'crowded'; count: number; dueAtMs: number }
  | { kind: 'paused' | 'limited'; name: string }
  | { kind: 'lost'; deliveries: string[] }

/** One pass over the deliveries of one webhook: sends what this carrier carries and what is due, and records it. */
export async function targetPass(target: Target, context: PassContext): Promise<PassEnd> {
  const { deps, signal } = context
  const fresh = new FreshWebhook(target.webhook, deps.models)
  const webhook = await fresh.read(signal)
  if (!webhook) return await new Pass(target, fresh, context).run(() => undefined)
  const place = await deps.caps.pass(webhook, signal)
  if (place.kind === 'placed') {
    const { release } = place
    return await new Pass(target, fresh, context).run(release).finally(release)
  }
  const dueAtMs = deps.now() + place.inMs
  return { kind: 'crowded', count: target.deliveries.length, dueAtMs }
}

class Pass {
  private readonly target: Target
  private readonly fresh: FreshWebhook
  private readonly context: PassContext
  /** Of rows that their first attempt finished in this round: all that there is to tell of them. */
  private readonly histories: DeliveryHistory[] = []

  constructor(target: Target, fresh: FreshWebhook, context: PassContext) {
    this.target = target
    this.fresh = fresh
    this.context = context
  }

  /** Its first place is given back when there is nothing more to send in it. */
  async run(place: Release): Promise<PassEnd> {
    const { deps, signal, carrier } = this.context
    const webhook = await this.fresh.read(signal)
    const found = await deps.reads.open(this.target.deliveries, signal)
    const lost = await this.lost(found)
    if (lost.length > 0) return { kind: 'lost', deliveries: lost }
    const mine = found.filter((row) => this.isOurs(row) && row.carrier?.run !== LANE_RUN)
    const begun = await settleAbandoned(mine, { ...deps, carrier, signal })
    const rows = await ruledRows(webhook, begun, deps)
    await deps.changes.handOver(rows.lane, carrier)
    if (webhook) await this.send(webhook, rows.send, place)
    if (this.histories.length === this.target.deliveries.length)
      return { kind: 'finished', histories: this.histories }
    if (webhook && rows.wait.length > 0) return { kind: 'paused', name: webhook.name }
    return await this.leftOf(await deps.reads.owed(this.target.deliveries, signal), webhook)
  }

  /** What another workflow carries by now is no concern of this one. */
  private isOurs({ carrier }: Pick<DeliveryDocument, 'carrier'>): boolean {
    return !carrier || carrier.workflow === this.context.carrier.workflow
  }

  private async lost(found: DeliveryDocument[]): Promise<string[]> {
    const { deps, signal, missingIsLost } = this.context
    if (!missingIsLost || found.length === this.target.deliveries.length) return []
    const open = new Set(found.map((row) => row._id))
    const others = this.target.deliveries.filter((id) => !open.has(id))
    return await deps.reads.missing(others, signal)
  }

  private async leftOf(owed: OwedRow[], webhook: WebhookDocument | null): Promise<PassEnd> {
    const ours = owed.filter((row) => this.isOurs(row))
    const mine = ours.filter((row) => row.carrier?.run !== LANE_RUN)
    if (mine.length > 0) {
      const takenMs = this.context.deps.now() + TAKEN_PAUSE_MS
      const dues = mine.map((row) => Math.max(dueTimeMs(row), row.open ? takenMs : 0))
      return { kind: 'left', count: mine.length, dueAtMs: Math.min(...dues) }
    }
    if (ours.length > 0) return { kind: 'limited', name: webhook?.name ?? '' }
    const { deps, carrier, signal } = this.context
    const alive = await settleEnded(this.target.deliveries, { ...deps, carrier, signal })
    if (alive) return { kind: 'left', count: alive.count, dueAtMs: alive.untilMs }
    return { kind: 'finished', histories: undefined }
  }

  /** Sends what is due and may be sent; what the pass has no time for stays due. */
  private async send(webhook: WebhookDocument, rows: DeliveryDocument[], first: Release) {
    const { deps, carrier, signal } = this.context
    const { sender, caps, now, stopping } = deps
    const sent = (row: DeliveryDocument, made: Sent & { outcome: 'settled' }) => {
      const history = historyOf(row, made)
      if (history) this.histories.push(history)
    }
    const { fresh } = this
    const parts = { fresh, sender, caps, carrier, now, signal, stopping, sent, first }
    await sendDue(webhook, rows, parts)
  }
}

/** All that there is to tell of a row that its first attempt finished. */
function historyOf(
  { _id }: DeliveryDocument,
  { settlement, attempt }: Sent & { outcome: 'settled' },
): DeliveryHistory | undefined {
  if (attempt.number > 1) return undefined
  if (settlement.state !== 'delivered' && settlement.state !== 'failed') return undefined
  return { row: { _id, ...settlement }, attempts: [attempt] }
}
