import type { RedeliverInput, ReopenResult } from '../../delivery/contract.ts'
import { type Carrier, LANE_RUN, OPEN_STATES } from '../../delivery/types.ts'
import type { Models } from '../../models/connect.ts'
import type { DeliveryChanges } from '../../models/deliveries/changes.ts'
import type { DeliveryDocument } from '../../models/deliveries/document.ts'
import type { WebhookDocument } from '../../models/webhooks/document.ts'
import type { LaneWaker } from '../lane/waker.ts'
import { carrierFor, targetOf } from './targets.ts'

export type ReopenDependencies = {
  models: Models
  changes: DeliveryChanges
  waker: LaneWaker
  /** Whether this run of a workflow still goes on; of no run, whether any does. */
  isRunning: (carrier: { workflow: string; run?: string }) => Promise<boolean>
}
type Row = Pick<
  DeliveryDocument,
  '_id' | 'tenant' | 'webhook' | 'state' | 'test' | 'attempts' | 'workflow' | 'carrier'
>

const NOTHING = { target: undefined }
const ROW = { tenant: 1, webhook: 1, state: 1, test: 1, attempts: 1, workflow: 1, carrier: 1 }

/**
 * Owes a delivery again: a finished one in a new round that `own` carries; one that is not finished now instead of at its due
 * time, by whoever carries it, and by `own` where that one is gone, also to end it where its webhook was deleted.
 */
export async function reopen(
  input: RedeliverInput,
  own: Carrier,
  deps: ReopenDependencies,
): Promise<ReopenResult> {
  const row = await readRow(input, deps)
  const webhook = row && (await deps.models.webhooks.findById(row.webhook).lean().exec())
  if (!row || !webhook) return NOTHING
  if (input.round !== 'now') {
    if (webhook.deletedAt) return NOTHING
    await deps.changes.reopen(row._id, input.round, carrierFor(webhook, row, own))
    return await taken(input, own, { webhook, deps })
  }
  if (!isOpen(row)) return NOTHING
  await deps.changes.dueNow(row._id)
  const { attempts } = row
  if (row.carrier?.run === LANE_RUN) {
    wake(webhook, deps)
    return { ...NOTHING, elsewhere: 'lane', attempts }
  }
  const { carrier } = row
  const isCarried = await deps.isRunning(carrier ?? { workflow: row.workflow })
  if (isCarried && carrier?.run !== own.run) return { ...NOTHING, elsewhere: 'workflow', attempts }
  await deps.changes.takeOver(row, carrier, own)
  return await taken(input, own, { webhook, deps })
}

/** Somebody else may have been quicker: what is stored says who carries it. */
async function taken(
  input: RedeliverInput,
  own: Carrier,
  { webhook, deps }: { webhook: WebhookDocument; deps: ReopenDependencies },
): Promise<ReopenResult> {
  const row = await readRow(input, deps)
  if (!row || !isOpen(row) || row.carrier?.workflow !== own.workflow) return NOTHING
  const isLimited = row.carrier.run === LANE_RUN
  if (isLimited) wake(webhook, deps)
  return { target: { ...targetOf(webhook, isLimited), deliveries: [row._id] }, carries: true }
}

function readRow({ delivery, tenant }: RedeliverInput, { models }: ReopenDependencies) {
  return models.deliveries.findOne({ _id: delivery, tenant }, ROW).lean<Row>().exec()
}

function isOpen({ state }: Row): boolean {
  return OPEN_STATES.some((open) => open === state)
}

function wake({ tenant, _id, name }: WebhookDocument, { waker }: ReopenDependencies): void {
  waker.wake({ tenant, webhook: _id, name })
}
