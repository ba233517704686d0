import { type MatchResult, type TargetDeliveries, TARGETS_MOST } from '../../delivery/contract.ts'
import { durationMs } from '../../delivery/duration.ts'
import { carriageOf } from '../../delivery/row-rule.ts'
import { retryPolicyOf } from '../../delivery/schedule.ts'
import { type Carrier, LANE_RUN, OPEN_STATES } from '../../delivery/types.ts'
import type { DeliveryDocument } from '../../models/deliveries/document.ts'
import { laneFor } from '../../models/deliveries/updates.ts'
import type { DraftRow, StoredRow } from '../../models/deliveries/outbox.ts'
import type { WebhookDocument } from '../../models/webhooks/document.ts'

/** More deliveries, or targets, are not named one by one: activities share them (decision 11). */
const DELIVERIES_MOST = 10_000
const SHARE_TARGETS = 25
const SHARE_DELIVERIES = 2_000
const SHARES_MOST = 500

type Stored = {
  /** What is stored of the rows that were there before, by id. */
  states: ReadonlyMap<string, StoredRow>
  webhooks: ReadonlyMap<string, WebhookDocument>
  /** The workflow that asks: what another one carries is no target of it. */
  workflow: string
}

/**
 * The rows that are owed, or were ended with an attempt open, by webhook and by who carries them, with the policy that the
 * webhook's schedule means.
 */
export function targetsOf(
  rows: (StoredRow & Pick<DraftRow, 'webhook'>)[],
  { states, webhooks, workflow }: Stored,
): Pick<MatchResult, 'targets' | 'skipped' | 'shares'> {
  const targets = new Map<string, TargetDeliveries>()
  let skipped = 0
  let deliveries = 0
  for (const draft of rows) {
    const row = states.get(draft._id) ?? draft
    const webhook = webhooks.get(draft.webhook)
    if (row.state === 'skipped') skipped += 1
    if (!webhook || !isLeftTo(workflow, row)) continue
    const isLimited = row.carrier ? row.carrier.run === LANE_RUN : row.state === 'held'
    const key = `${draft.webhook} ${isLimited}`
    const target = targets.get(key) ?? targetOf(webhook, isLimited)
    target.deliveries.push(draft._id)
    targets.set(key, target)
    deliveries += 1
  }
  if (targets.size <= TARGETS_MOST && deliveries <= DELIVERIES_MOST)
    return { targets: [...targets.values()], skipped }
  const shares = Math.max(targets.size / SHARE_TARGETS, deliveries / SHARE_DELIVERIES)
  return { targets: [], skipped, shares: Math.min(Math.ceil(shares), SHARES_MOST) }
}

/** The sender of an attempt that is open on an ended row may be dead: its record is then this workflow's to write. */
function isLeftTo(workflow: string, { state, carrier, open }: StoredRow): boolean {
  const isOwed = OPEN_STATES.some((one) => one === state)
  return (isOwed || open !== undefined) && (!carrier || carrier.workflow === workflow)
}

/** A webhook as the target of a workflow, still without deliveries; `limited`: its lane sends them. */
export function targetOf(webhook: WebhookDocument, isLimited: boolean): TargetDeliveries {
  return {
    tenant: webhook.tenant,
    webhook: webhook._id,
    name: webhook.name,
    deliveries: [],
    policy: retryPolicyOf(webhook.retry),
    timeoutMs: durationMs(webhook.target.timeout),
    ...(isLimited && { limited: true }),
  }
}

/** Who is to carry a delivery that is owed anew: the lane where its webhook's limit holds for it, else this workflow. */
export function carrierFor(
  webhook: WebhookDocument,
  delivery: Pick<DeliveryDocument, 'test'>,
  own: Carrier,
): Carrier {
  return carriageOf(webhook, delivery) === 'lane' ? laneFor(own.workflow) : own
}
