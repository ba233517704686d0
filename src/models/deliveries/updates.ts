import type mongoose from 'mongoose'
import type { Reason } from '../../delivery/failure-codes.ts'
import { type Carrier, type DeliveryState, LANE_RUN, OPEN_STATES } from '../../delivery/types.ts'
import type { AttemptRecord } from './attempt.ts'
import type { DeliveryDocument } from './document.ts'

export type OpenAttempt = NonNullable<DeliveryDocument['open']>

/** What a row becomes when its attempt has ended; `unknown` counts against no schedule. */
export type Settlement =
  | { state: 'delivered' }
  | { state: 'retrying'; dueAt: Date; failures: number; roundStartedAt: Date }
  | { state: 'failed'; reason: Reason; failures: number }
  | { state: 'unknown'; dueAt: Date }

type Update = mongoose.mongo.UpdateFilter<DeliveryDocument>

/** Attempts that a row holds itself. */
export const LOG_MAX = 20

export const OPEN = { $in: [...OPEN_STATES] as DeliveryState[] }

/** The filter of what this carrier carries; rows of earlier versions name nobody. */
export function carriedBy({ run }: Carrier): Record<string, unknown> {
  return { 'carrier.run': { $in: [run, null] } }
}

/** The lane as the carrier of what this workflow waits for. */
export function laneFor(workflow: string): Carrier {
  return { workflow, run: LANE_RUN }
}

/** What an attempt makes of its row, in one write with its record. */
export function settled(attempt: AttemptRecord, settlement: Settlement, at: Date): Update {
  const record = recorded(attempt, at)
  switch (settlement.state) {
    case 'unknown':
      return {
        ...record,
        $set: { ...record.$set, dueAt: settlement.dueAt },
        $inc: { unknowns: 1 },
      }
    case 'retrying':
      return { ...record, $set: { ...record.$set, ...settlement, unknowns: 0 } }
    case 'failed':
    case 'delivered': {
      const { $set, $unset } = finished(settlement, at)
      return {
        ...record,
        $set: { ...record.$set, ...$set, unknowns: 0 },
        $unset: { ...record.$unset, ...$unset },
      }
    }
  }
}

/**
 * The same for an attempt that was written off, whose answer comes after all while nothing has followed it: its record is
 * replaced, and a failure counts. Goes with arrayFilters that name the record `one`.
 */
export function corrected(attempt: AttemptRecord, settlement: Settlement, at: Date): Update {
  const { $set, $unset } = settled(attempt, settlement, at)
  return { $set: { ...$set, 'log.$[one]': attempt }, ...($unset && { $unset }) }
}

/** A new row as it is once its first attempt has ended: stored with the attempt's record and what that made of it. */
export function afterFirst(
  row: DeliveryDocument,
  attempt: AttemptRecord,
  settlement: Settlement,
): DeliveryDocument {
  const { $set, $unset } = settled(attempt, settlement, attempt.endedAt ?? row.createdAt)
  const made: DeliveryDocument = {
    ...row,
    ...$set,
    attempts: attempt.number,
    firstAttemptAt: attempt.startedAt,
    log: [attempt],
    unknowns: settlement.state === 'unknown' ? 1 : 0,
  }
  for (const key of Object.keys($unset ?? {})) Reflect.deleteProperty(made, key)
  return made
}

/** A new row whose first attempt may have been sent by a process that is dead: it is `unknown`, and the next is due. */
export function afterUnseen(row: DeliveryDocument): DeliveryDocument {
  const open = { number: 1, startedAt: row.createdAt, until: row.createdAt, token: '', run: '' }
  return afterFirst(row, writtenOff(open), { state: 'unknown', dueAt: row.createdAt })
}

/** The record of an attempt whose sender is dead. */
export function writtenOff({ number, startedAt }: OpenAttempt): AttemptRecord {
  const detail =
    'The worker ended before the answer was recorded; the receiver may have got this request.'
  return { number, startedAt, outcome: 'unknown', code: 'unknown', detail }
}

/** A success that came when its row had gone on without it. */
export function succeeded(attempt: AttemptRecord, at: Date): Update {
  const { $set, $unset } = finished({ state: 'delivered' }, at)
  return { $set: { ...$set, lastAttempt: lastAttempt(attempt) }, $unset }
}

/** The end of a row; an attempt that is open goes on. */
export function finished(
  ending: { state: DeliveryState; reason?: Reason; failures?: number },
  at: Date,
) {
  return {
    $set: { ...ending, finishedAt: at, updatedAt: at },
    $unset: { dueAt: '' as const, ...(ending.reason ? {} : { reason: '' as const }) },
  }
}

/** The record of an attempt alone; its row stays what it is. */
export function recorded(attempt: AttemptRecord, at: Date) {
  return {
    $set: { lastAttempt: lastAttempt(attempt), updatedAt: at },
    $min: { firstAttemptAt: attempt.startedAt },
    $push: { log: { $each: [attempt], $slice: -LOG_MAX } },
    $unset: { open: '' as const },
  }
}

/** The change that owes a finished row again: the next round, carried by this one. An open attempt is left to end. */
export function newRound(carrier: Carrier, at: Date, more: Partial<DeliveryDocument> = {}) {
  const state: DeliveryState = carrier.run === LANE_RUN ? 'held' : 'pending'
  return {
    $set: { state, failures: 0, unknowns: 0, dueAt: at, updatedAt: at, carrier, ...more },
    $inc: { round: 1 },
    $unset: {
      reason: 1 as const,
      finishedAt: 1 as const,
      roundStartedAt: 1 as const,
      purgeAt: 1 as const,
    },
  }
}

function lastAttempt(attempt: AttemptRecord): NonNullable<DeliveryDocument['lastAttempt']> {
  return {
    number: attempt.number,
    at: attempt.startedAt,
    outcome: attempt.outcome,
    ...(attempt.response ? { status: attempt.response.status } : {}),
    ...(attempt.code ? { code: attempt.code } : {}),
    ...(attempt.timings ? { totalMs: attempt.timings.totalMs } : {}),
  }
}
