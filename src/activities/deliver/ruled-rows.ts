import { type RuledWebhook, ruleOf } from '../../delivery/row-rule.ts'
import type { DeliveryChanges } from '../../models/deliveries/changes.ts'
import type { DeliveryDocument } from '../../models/deliveries/document.ts'

export type RuledRows = Record<'send' | 'lane' | 'wait', DeliveryDocument[]>

/** Sorts rows by what their webhook's state means for them, and ends those that end. */
export async function ruledRows(
  webhook: RuledWebhook,
  rows: DeliveryDocument[],
  { changes, now }: { changes: DeliveryChanges; now: () => number },
): Promise<RuledRows> {
  const sorted: RuledRows = { send: [], lane: [], wait: [] }
  const endings: Promise<void>[] = []
  for (const row of rows) {
    const ruled = ruleOf(webhook, row)
    if (ruled.rule !== 'end') sorted[ruled.rule].push(row)
    else {
      const { state, reason } = ruled
      endings.push(changes.end([row], { state, reason, at: new Date(now()) }))
    }
  }
  await Promise.all(endings)
  return sorted
}
