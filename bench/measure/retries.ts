import type { ReceiptLog } from '../load/plan.ts'

/**
 * By how many milliseconds each retry came later than the interval after the 500 before it; less than 0 is early. The log of
 * a receiver is in the order of arrival.
 */
export function retryLatenessMs(receipts: ReceiptLog, intervalMs: number): number[] {
  const failedAtMs = new Map<string, number>()
  const latenessMs: number[] = []
  for (const [index, status] of receipts.status.entries()) {
    const delivery = `${receipts.event[index]}/${receipts.hook[index]}`
    const atMs = receipts.atMs[index] ?? 0
    const before = failedAtMs.get(delivery)
    if (before !== undefined) latenessMs.push(atMs - before - intervalMs)
    if (status >= 500) failedAtMs.set(delivery, atMs)
    else failedAtMs.delete(delivery)
  }
  return latenessMs
}
