import type { DeliveryDocument } from '../models/delivery.ts'
import type { Ledger } from '../models/ledger.ts'
import type { WebhookDocument } from '../models/webhook.ts'

/** A deleted webhook's open deliveries are cancelled, a disabled one's fail unless they are tests; gives what goes on. */
export async function endIfOver(
  webhook: WebhookDocument | null,
  rows: DeliveryDocument[],
  { ledger, now }: { ledger: Ledger; now: () => number },
): Promise<DeliveryDocument[]> {
  const at = new Date(now())
  if (!webhook || webhook.deletedAt) {
    const detail = 'The webhook was deleted.'
    await ledger.end(rows, 'cancelled', { code: 'webhook_deleted', detail }, at)
    return []
  }
  if (webhook.state !== 'disabled') return rows
  const owed = rows.filter((row) => !row.test)
  const detail = `The webhook is disabled: ${webhook.stateReason?.detail ?? 'no reason given'}`
  await ledger.end(owed, 'failed', { code: 'webhook_disabled', detail }, at)
  return rows.filter((row) => row.test)
}
