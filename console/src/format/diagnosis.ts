import { ATTEMPT_CODES, type CodeWords, ENDING_CODES } from '../../../src/delivery/failure-codes.ts'
import type { Delivery } from '../api/types.ts'
import { plural } from './number.ts'

export type Diagnosis = { happened: string; todo: string }

const WORDS: Readonly<Record<string, CodeWords>> = { ...ATTEMPT_CODES, ...ENDING_CODES }

/** What ends a delivery before its schedule does. */
const ENDED_BY_WEBHOOK = new Set(['webhook_disabled', 'webhook_deleted', 'crash_loop'])
const FINAL = new Set(['gone', 'slack_gone'])

/** What happened to a delivery, and what its reader can do, in plain words. */
export function diagnose(delivery: Delivery): Diagnosis {
  const { state, attempts, reason } = delivery
  const last = attempts.at(-1)
  switch (state) {
    case 'delivered':
      return {
        happened:
          attempts.length > 1
            ? `It was delivered at attempt ${last?.number}, after ${plural(attempts.length - 1, 'failure')}.`
            : 'It was delivered at the first attempt.',
        todo: 'Nothing.',
      }
    case 'pending':
      return { happened: 'Its first attempt is under way.', todo: 'Wait for a moment.' }
    case 'held':
      return {
        happened: 'It waits until the rate limit of its webhook lets it out.',
        todo: 'Nothing; a higher limit is in the webhook’s settings.',
      }
    case 'cancelled':
    case 'skipped':
      return {
        happened: reason?.detail ?? `It was ${state}.`,
        todo: 'Redeliver it if the receiver should get it after all.',
      }
    case 'retrying':
    case 'failed':
      return ofFailure(delivery, last)
  }
}

function ofFailure(delivery: Delivery, last: Delivery['attempts'][number] | undefined): Diagnosis {
  const code = delivery.reason?.code ?? last?.code ?? 'unknown'
  if (ENDED_BY_WEBHOOK.has(code) && delivery.reason)
    return {
      happened: delivery.reason.detail,
      todo: 'Redeliver it when the webhook is active again.',
    }
  const status = last?.status ? ` It answered ${last.status}.` : ''
  const cause = WORDS[code] ?? {
    happened: last?.detail ?? `It failed with ${code}.`,
    todo: 'Look at the attempts below.',
  }
  const attempts = plural(delivery.attemptCount, 'attempt')
  const end =
    delivery.state === 'failed' && !FINAL.has(code)
      ? ` After ${attempts} its schedule is used up.`
      : delivery.state === 'failed'
        ? ''
        : ' It is tried again by itself.'
  const hint = delivery.state === 'retrying' ? 'Nothing, or try it now. ' : ''
  return { happened: `${cause.happened}${status}${end}`, todo: `${hint}${cause.todo}` }
}
