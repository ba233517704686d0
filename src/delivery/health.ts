import { durationMs } from './duration.ts'
import type { AutoDisable } from './types.ts'

/** What holds for a webhook that says nothing else. */
export const DEFAULT_AUTO_DISABLE: AutoDisable = { after: '5d', attempts: 20 }
/** The share of the policy at which operators are warned. */
const WARNING = 0.5

/** Failed attempts without a success between them; `sinceMs` is the end of the first one. */
export type FailureStreak = { sinceMs: number; attempts: number }

/** The policy of a webhook; null: never. */
export function autoDisableOf(webhook: {
  autoDisable?: AutoDisable | null | undefined
}): AutoDisable | null {
  return webhook.autoDisable === undefined ? DEFAULT_AUTO_DISABLE : webhook.autoDisable
}

/** What a streak of failures means now: to disable once both its length and its attempts are reached, to warn at half of both. */
export function healthOf(
  streak: FailureStreak,
  policy: AutoDisable | null,
  nowMs: number,
): 'fine' | 'failing' | 'disable' {
  if (!policy) return 'fine'
  const share = Math.min(
    (nowMs - streak.sinceMs) / durationMs(policy.after),
    streak.attempts / policy.attempts,
  )
  if (share >= 1) return 'disable'
  return share >= WARNING ? 'failing' : 'fine'
}
