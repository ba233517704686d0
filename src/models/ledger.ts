import { type DeliveryState, OPEN_STATES } from '../delivery/types.ts'
import { eventKey } from '../ids.ts'
import type { AttemptDocument } from './attempt.ts'
import { BulkWriter } from './bulk-writer.ts'
import type { Models } from './connect.ts'
import type { DeliveryDocument } from './delivery.ts'
import type { EventDocument } from './event.ts'
import { patiently } from './patience.ts'

export type OpenAttempt = NonNullable<DeliveryDocument['open']>
export type Reason = { code: string; detail: string }

/** What a row becomes when its attempt has ended. */
export type Settlement =
  | { state: 'delivered' }
  | { state: 'retrying'; dueAt: Date; failures: number; roundStartedAt: Date }
  | { state: 'failed'; reason: Reason; failures: number }

/** A row with its attempts, as much as a summary needs. */
export type DeliveryHistory = {
  row: Pick<DeliveryDocument, '_id' | 'state' | 'reason'>
  attempts: Pick<
    AttemptDocument,
    'number' | 'startedAt' | 'outcome' | 'code' | 'response' | 'timings'
  >[]
}

const open = { $in: [...OPEN_STATES] }
const openOrCancelled: { $in: DeliveryState[] } = { $in: [...OPEN_STATES, 'cancelled'] }

/**
 * The queries and changes of delivery rows. Every change is one conditional write of one row, so of two
 * senders (a crash, a reset while running, a redelivery) only one gets an attempt; all are idempotent,
 * waited for until MongoDB answers, and grouped.
 */
export class Ledger {
  private readonly models: Models
  private readonly deliveries: BulkWriter<DeliveryDocument>
  private readonly attempts: BulkWriter<AttemptDocument>
  private readonly events: BulkWriter<EventDocument>

  constructor(models: Models) {
    this.models = models
    this.deliveries = new BulkWriter(models.deliveries)
    this.attempts = new BulkWriter(models.attempts)
    this.events = new BulkWriter(models.events)
  }

  /** The rows of these ids that are still owed. */
  openRows(ids: string[], signal?: AbortSignal): Promise<DeliveryDocument[]> {
    return patiently(
      () =>
        this.models.deliveries
          .find({ _id: { $in: ids }, state: open })
          .lean()
          .exec(),
      signal,
    )
  }

  /** Whether any of these rows is still owed. */
  async isOwed(ids: string[]): Promise<boolean> {
    return (await this.models.deliveries.exists({ _id: { $in: ids }, state: open })) !== null
  }

  /** The rows of these ids, whatever their state, with their attempts in order; without bodies. */
  async history(ids: string[]): Promise<DeliveryHistory[]> {
    const { deliveries, attempts } = this.models
    const [rows, made] = await patiently(() =>
      Promise.all([
        deliveries
          .find({ _id: { $in: ids } }, { state: 1, reason: 1 })
          .lean()
          .exec(),
        attempts
          .find({ delivery: { $in: ids } }, { 'response.body': 0, request: 0 })
          .sort({ delivery: 1, number: 1 })
          .lean()
          .exec(),
      ]),
    )
    return rows.map((row) => ({
      row,
      attempts: made.filter((attempt) => attempt.delivery === row._id),
    }))
  }

  /** Takes the next attempt of a row; false where another sender took it or the row has ended. */
  async claim(row: DeliveryDocument, attempt: OpenAttempt): Promise<boolean> {
    const { startedAt } = attempt
    const allMatched = await this.deliveries.write({
      updateOne: {
        filter: {
          _id: row._id,
          attempts: row.attempts,
          epoch: row.epoch,
          state: open,
          open: { $exists: false },
        },
        update: {
          $set: {
            attempts: attempt.number,
            open: attempt,
            updatedAt: startedAt,
          },
        },
      },
    })
    if (allMatched) return true
    const now = await patiently(() =>
      this.models.deliveries.findById(row._id, { open: 1 }).lean().exec(),
    )
    return now?.open?.by === attempt.by && now.open.number === attempt.number
  }

  /** Gives a claimed attempt back whose request was never sent: its number is free again. */
  async giveBack(
    row: DeliveryDocument,
    attempt: Pick<OpenAttempt, 'number' | 'by'>,
  ): Promise<void> {
    await this.deliveries.write({
      updateOne: {
        filter: { _id: row._id, 'open.by': attempt.by, 'open.number': attempt.number },
        update: { $set: { attempts: row.attempts }, $unset: { open: '' } },
      },
    })
  }

  /** Hands rows to their webhook's lane: those that wait for a first attempt are `held` from now on. */
  async hold(rows: DeliveryDocument[]): Promise<void> {
    const pending = rows.filter((row) => row.state === 'pending')
    await Promise.all(
      pending.map((row) =>
        this.deliveries.write({
          updateOne: {
            filter: { _id: row._id, state: 'pending' },
            update: { $set: { state: 'held' } },
          },
        }),
      ),
    )
  }

  /**
   * Writes an attempt's result and what it makes of its row; a success counts even if the claim was lost or the row
   * cancelled meanwhile. False where it stays cancelled.
   */
  async settle(
    row: DeliveryDocument,
    attempt: AttemptDocument & { endedAt: Date },
    settlement: Settlement,
  ): Promise<boolean> {
    const at = attempt.endedAt
    const { state } = settlement
    const filter =
      state === 'delivered'
        ? { _id: row._id, state: openOrCancelled }
        : { _id: row._id, state: open, 'open.number': attempt.number }
    const set = {
      ...settlement,
      lastAttempt: lastAttempt(attempt),
      unknowns: 0,
      updatedAt: at,
      ...(state === 'retrying' ? {} : { finishedAt: at }),
    }
    const unset = {
      open: '' as const,
      ...(state === 'retrying' ? {} : { dueAt: '' as const }),
      ...(state === 'delivered' ? { reason: '' as const } : {}),
    }
    const [allMatched] = await Promise.all([
      this.deliveries.write({
        updateOne: { filter, update: { $set: set, $unset: unset } },
      }),
      this.storeAttempt(attempt),
      ...(state === 'delivered' ? [this.markDelivered(row)] : []),
    ])
    return allMatched || !(await this.isCancelled(row))
  }

  /** Records an attempt whose worker died: it has its number, but does not count against the schedule. */
  async settleUnknown(row: DeliveryDocument, dead: OpenAttempt, now: Date): Promise<void> {
    const attempt: AttemptDocument = {
      _id: `${row._id}/${dead.number}`,
      tenant: row.tenant,
      delivery: row._id,
      event: row.event,
      webhook: row.webhook,
      number: dead.number,
      startedAt: dead.startedAt,
      outcome: 'unknown',
      code: 'unknown',
      detail:
        'The worker ended before the answer was recorded; the receiver may have got this request.',
    }
    await Promise.all([
      this.deliveries.write({
        updateOne: {
          filter: { _id: row._id, 'open.by': dead.by, 'open.number': dead.number },
          update: {
            $set: {
              unknowns: row.unknowns + 1,
              dueAt: now,
              updatedAt: now,
              lastAttempt: lastAttempt(attempt),
            },
            $unset: { open: '' },
          },
        },
      }),
      this.attempts.write({
        updateOne: {
          filter: { _id: attempt._id },
          update: { $setOnInsert: attempt },
          upsert: true,
        },
      }),
    ])
  }

  /** Ends rows without an attempt: cancelled, or failed for a reason that no receiver gave. */
  async end(
    rows: DeliveryDocument[],
    state: DeliveryState,
    reason: Reason,
    now: Date,
  ): Promise<void> {
    await Promise.all(
      rows.map((row) =>
        this.deliveries.write({
          updateOne: {
            filter: { _id: row._id, state: open },
            update: {
              $set: { state, reason, finishedAt: now, updatedAt: now },
              $unset: { dueAt: '', open: '' },
            },
          },
        }),
      ),
    )
  }

  private async isCancelled({ _id }: DeliveryDocument): Promise<boolean> {
    const found = await patiently(() =>
      this.models.deliveries.findById(_id, { state: 1 }).lean().exec(),
    )
    return found?.state === 'cancelled'
  }

  private storeAttempt(attempt: AttemptDocument): Promise<boolean> {
    const { _id, ...fields } = attempt
    return this.attempts.write({
      updateOne: { filter: { _id }, update: { $set: fields }, upsert: true },
    })
  }

  private markDelivered(row: DeliveryDocument): Promise<boolean> {
    return this.events.write({
      updateOne: {
        filter: { _id: eventKey(row.tenant, row.event), delivered: false },
        update: { $set: { delivered: true } },
      },
    })
  }
}

function lastAttempt(attempt: AttemptDocument): NonNullable<DeliveryDocument['lastAttempt']> {
  return {
    number: attempt.number,
    at: attempt.startedAt,
    outcome: attempt.outcome,
    ...(attempt.response ? { status: attempt.response.status } : {}),
    ...(attempt.code ? { code: attempt.code } : {}),
    ...(attempt.timings ? { totalMs: attempt.timings.totalMs } : {}),
  }
}
