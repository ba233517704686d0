import type { ErrorCode } from './failure-codes.ts'
import { slackAnswer } from './slack-answer.ts'
import type { PostResult, SuccessRule, Target } from './types.ts'

/** What an attempt means for its delivery. `gone` and `refused` end it at once; `gone` also disables the webhook. */
export type Outcome =
  | { verdict: 'delivered' }
  | { verdict: 'retry'; code: ErrorCode }
  | { verdict: 'gone'; code: ErrorCode }
  | { verdict: 'refused'; code: ErrorCode }

const CODE_BY_CLASS: Readonly<Record<number, ErrorCode>> = {
  1: 'unexpected_status',
  2: 'unexpected_status',
  3: 'redirect_refused',
  4: 'http_4xx',
  5: 'http_5xx',
}

/** Judges by the status line, else by the network error; 410 is the receiver's word that it wants no more. */
export function outcomeOf(
  result: Pick<PostResult, 'response' | 'error'>,
  success: SuccessRule,
  target: Target['type'] = 'http',
): Outcome {
  const status = result.response?.status
  if (status !== undefined && isSuccess(status, success)) return { verdict: 'delivered' }
  const code =
    result.error?.code ?? CODE_BY_CLASS[Math.floor((status ?? 0) / 100)] ?? 'response_invalid'
  if (result.response && target === 'slack')
    return { verdict: slackAnswer(result.response).verdict, code }
  if (status === 410) return { verdict: 'gone', code: 'http_4xx' }
  return result.error?.final ? { verdict: 'refused', code } : { verdict: 'retry', code }
}

function isSuccess(status: number, success: SuccessRule): boolean {
  return success === '200' ? status === 200 : status >= 200 && status < 300
}
