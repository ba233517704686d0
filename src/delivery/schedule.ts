import { durationMs } from './duration.ts'
import type { Schedule } from './types.ts'

/** The least rest between attempts of `within` that are behind their times, as a share of the even spacing. */
const WITHIN_REST = 1 / 3
/** `Retry-After` may lengthen a wait to this at most. */
const RETRY_AFTER_CAP_MS = 24 * 3_600_000

/** Temporal's RetryPolicy for a schedule, in milliseconds; the form that people read in the history. */
export type RetryPolicyMs = {
  initialInterval: number
  backoffCoefficient: number
  maximumInterval: number
  maximumAttempts: number
}

/** Attempts that the schedule promises in all, the first included. */
export function attemptsOf(schedule: Schedule): number {
  if (schedule.type === 'list') return schedule.delays.length + 1
  if (schedule.type === 'within') return schedule.attempts
  return schedule.retries + 1
}

/** The longest single wait of the schedule, before any Retry-After. */
function longestWaitMs(schedule: Schedule): number {
  const waits = Array.from({ length: attemptsOf(schedule) - 1 }, (_, i) => waitMs(schedule, i + 1))
  return Math.max(...waits, waitMs(schedule, 1), 1)
}

/** Each kind of schedule as a RetryPolicy; the row has the last word on each wait. */
export function retryPolicyOf(schedule: Schedule): RetryPolicyMs {
  return {
    initialInterval: Math.max(waitMs(schedule, 1), 1),
    backoffCoefficient: schedule.type === 'exponential' ? schedule.factor : 1,
    maximumInterval: longestWaitMs(schedule),
    maximumAttempts: attemptsOf(schedule),
  }
}

/** The wait after the n-th failure, without jitter; 0 where the schedule has none. */
function waitMs(schedule: Schedule, failures: number): number {
  switch (schedule.type) {
    case 'fixed':
      return durationMs(schedule.interval)
    case 'exponential': {
      const wait = durationMs(schedule.initial) * schedule.factor ** (failures - 1)
      return Math.round(Math.min(wait, schedule.max ? durationMs(schedule.max) : Infinity))
    }
    case 'list':
      return durationMs(schedule.delays[failures - 1] ?? '0s')
    case 'within':
      return durationMs(schedule.within) / (schedule.attempts - 1)
  }
}

/** When each attempt starts, in milliseconds after the first, where all fail at once; without jitter. */
export function plannedAttempts(schedule: Schedule): number[] {
  const starts = [0]
  for (let failures = 1; failures < attemptsOf(schedule); failures += 1)
    starts.push((starts.at(-1) ?? 0) + waitMs(schedule, failures))
  return starts
}

export type FailedAttempt = {
  /** Failures with a known outcome in this round, this one included. */
  failures: number
  /** Start of the first attempt of the round and of this one, for `within`. */
  roundStartedAtMs: number
  startedAtMs?: number | undefined
  endedAtMs: number
  retryAfterMs?: number | undefined
  /** From 0 to 1; only schedules with jitter use it. */
  random: number
}

/**
 * When the next attempt is due (epoch milliseconds), or null when the schedule is used up.
 * Counted from the end of the failed attempt; `within` from the start of the first one, so its waits
 * shrink by what the receiver took, yet where it is behind its times it rests a third of them between attempts.
 * Jitter lengthens only. Retry-After lengthens, never shortens.
 */
export function nextDueAtMs(schedule: Schedule, failed: FailedAttempt): number | null {
  if (failed.failures >= attemptsOf(schedule)) return null
  const wait = waitMs(schedule, failed.failures)
  const jitter = 'jitter' in schedule ? wait * (schedule.jitter ?? 0) * failed.random : 0
  const due =
    schedule.type === 'within' ? dueWithinMs(wait, failed) : failed.endedAtMs + wait + jitter
  const asked = Math.min(failed.retryAfterMs ?? 0, RETRY_AFTER_CAP_MS)
  return Math.ceil(Math.max(due, failed.endedAtMs + asked))
}

/**
 * The attempts of `within` start evenly. One that a Retry-After or a pause made later by more than the rest, or that
 * took until the next was due, is followed by a rest: those that were missed meanwhile do not go out as a volley.
 */
function dueWithinMs(spacingMs: number, failed: FailedAttempt): number {
  const { failures, roundStartedAtMs, endedAtMs, startedAtMs = endedAtMs } = failed
  const plannedMs = roundStartedAtMs + spacingMs * failures
  const restMs = spacingMs * WITHIN_REST
  const isBehind = startedAtMs > plannedMs - spacingMs + restMs || endedAtMs > plannedMs
  return isBehind ? Math.max(plannedMs, endedAtMs + restMs) : plannedMs
}
