import type { DeliverInput, DeliverResult, DeliverySummary } from '../../delivery/contract.ts'
import type { DeliveryHistory } from '../../models/deliveries/reads.ts'

const MOST_DELIVERIES = 50
const MOST_ATTEMPTS = 25

/** What Temporal's history shows of a pass: counts, and the attempts of at most 50 deliveries, failed ones first. */
export function resultOf(
  input: DeliverInput,
  histories: DeliveryHistory[],
  most = MOST_DELIVERIES,
): DeliverResult {
  const count = (state: string) => histories.filter(({ row }) => row.state === state).length
  const delivered = count('delivered')
  const failed = count('failed')
  const failedFirst = histories.toSorted((a, b) => rank(a) - rank(b))
  return {
    webhook: input.webhook,
    name: input.name,
    delivered,
    failed,
    other: histories.length - delivered - failed,
    deliveries: failedFirst.slice(0, Math.min(most, MOST_DELIVERIES)).map(summaryOf),
  }
}

function rank({ row }: DeliveryHistory): number {
  return row.state === 'failed' ? 0 : 1
}

function summaryOf({ row, attempts }: DeliveryHistory): DeliverySummary {
  return {
    id: row._id,
    state: row.state,
    ...(row.reason ? { reason: `${row.reason.code}: ${row.reason.detail}` } : {}),
    attempts: attempts.slice(-MOST_ATTEMPTS).map((attempt) => {
      const what = attempt.response?.status ?? attempt.code ?? attempt.outcome
      const took = attempt.timings ? ` in ${Math.round(attempt.timings.totalMs)} ms` : ''
      return `${attempt.number}: ${what}${took} at ${attempt.startedAt.toISOString()}`
    }),
  }
}
