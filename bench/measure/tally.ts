import type { LoadLog, ReceiptLog } from '../load/plan.ts'
import { percentiles } from '../median.ts'

/** Beyond any number of a webhook. */
const HOOKS = 100_000

/** What a load came to. Percentiles are p50, p95 and p99 in milliseconds. */
export type Tally = {
  accepted: number
  /** Answered 503. */
  refused: number
  /** Other answers, and connections that failed. */
  failed: number
  unsent: number
  /** Deliveries of accepted events that were answered 2xx, each counted once. */
  delivered: number
  /** Deliveries of accepted events that never were. */
  lost: number
  /** Answered 2xx more than once. */
  duplicated: number
  acknowledgedMs: number[]
  /** From the 202 to the first 2xx. A receipt may be before the 202 has arrived: that is 0. */
  acceptToReceiptMs: number[]
  postToReceiptMs: number[]
  deliveredPerSecond: number
}

/** Compares what was posted with what came, by event and webhook; each event has `hooks` webhooks. */
export function tallyOf(
  log: LoadLog,
  receipts: ReceiptLog,
  { hooks, okStatus }: { hooks: number; okStatus: readonly number[] },
): Tally {
  const answers = [...log.status]
  const isAccepted = answers.map((status) => okStatus.includes(status))
  const accepted = isAccepted.filter(Boolean).length
  const refused = answers.filter((status) => status === 503).length
  const { firstAtMs, duplicated } = firstReceipts(receipts)
  const delivered = [...firstAtMs].flatMap(([delivery, atMs]) => {
    const event = Math.floor(delivery / HOOKS)
    return isAccepted[event] ? [{ event, atMs }] : []
  })
  const since = (startsMs: Float64Array) =>
    percentiles(delivered.map(({ event, atMs }) => Math.max(atMs - (startsMs[event] ?? 0), 0)))
  const spanMs = maximum(delivered.map(({ atMs }) => atMs)) - (log.postedAtMs[0] ?? 0)
  return {
    accepted,
    refused,
    failed: answers.length - accepted - refused,
    unsent: log.unsent,
    delivered: delivered.length,
    lost: accepted * hooks - delivered.length,
    duplicated,
    acknowledgedMs: percentiles(
      isAccepted.flatMap((is, event) =>
        is ? [(log.answeredAtMs[event] ?? 0) - (log.postedAtMs[event] ?? 0)] : [],
      ),
    ),
    acceptToReceiptMs: since(log.answeredAtMs),
    postToReceiptMs: since(log.postedAtMs),
    deliveredPerSecond: delivered.length === 0 ? 0 : (delivered.length / spanMs) * 1_000,
  }
}

/** When each delivery was first answered 2xx, and how many were more than once. */
function firstReceipts({ event, hook, atMs, status }: ReceiptLog) {
  const firstAtMs = new Map<number, number>()
  const again = new Set<number>()
  for (const [index, code] of status.entries()) {
    if (code >= 300) continue
    const delivery = (event[index] ?? 0) * HOOKS + (hook[index] ?? 0)
    if (firstAtMs.has(delivery)) again.add(delivery)
    else firstAtMs.set(delivery, atMs[index] ?? 0)
  }
  return { firstAtMs, duplicated: again.size }
}

/** Math.max takes its values as arguments, of which there may not be a million. */
function maximum(values: number[]): number {
  return values.reduce((most, value) => Math.max(most, value), -Infinity)
}
