import { Schema } from 'mongoose'
import type { Reason } from '../../delivery/failure-codes.ts'
import type { Carrier, DeliveryState } from '../../delivery/types.ts'
import type { AttemptRecord } from './attempt.ts'

/** One row a (event, webhook): the ledger. Temporal carries the waits, this row counts the attempts. */
export type DeliveryDocument = {
  _id: string
  tenant: string
  event: string
  webhook: string
  type: string
  subject?: string
  state: DeliveryState
  /** Why it failed, was cancelled or skipped. */
  reason?: Reason
  /** The body that every attempt sends, built once; and the headers that belong to its format. */
  body: string
  contentType: string
  formatHeaders?: Record<string, string>
  workflow: string
  test?: boolean
  createdAt: Date
  /** Number of the last attempt that was begun; 0 before the first. */
  attempts: number
  /** Attempts of this round with a known outcome: only these count against the schedule. */
  failures: number
  /** Attempts in a row whose worker died. */
  unknowns: number
  /** 1, and one more with each redelivery of a finished delivery. */
  round: number
  /** When the first request of this round was on its way; set with its failure. */
  roundStartedAt?: Date
  /** Who sends it: one activity's run, or the lane of its webhook. Rows of earlier versions name nobody. */
  carrier?: Carrier
  /** The replay that began this round, or an earlier one. */
  replay?: string
  /** The run of a workflow that was reset and saw to it, the last of them. */
  reset?: string
  /** Earliest start of the next attempt; absent once final. */
  dueAt?: Date
  /**
   * The attempt that is under way, from before the request until its result is stored, also on a row that was ended
   * meanwhile. `token` is one claim's alone; `until` is when its sender is taken for dead at the latest.
   */
  open?: { number: number; startedAt: Date; until: Date; token: string; run: string }
  /** The latest attempts, oldest first, at most LOG_MAX; older ones are documents of their own. */
  log?: AttemptRecord[]
  /** Start of the very first attempt. */
  firstAttemptAt?: Date
  lastAttempt?: {
    number: number
    at: Date
    outcome: 'delivered' | 'failed' | 'unknown'
    status?: number
    code?: string
    totalMs?: number
  }
  updatedAt: Date
  finishedAt?: Date
  /** When it may go, with its event; never on a row that is owed. */
  purgeAt?: Date
}

const mixed = Schema.Types.Mixed
export const deliverySchema = new Schema<DeliveryDocument>(
  {
    _id: { type: String, required: true },
    tenant: { type: String, required: true },
    event: { type: String, required: true },
    webhook: { type: String, required: true },
    type: { type: String, required: true },
    subject: String,
    state: { type: String, required: true },
    reason: mixed,
    body: { type: String, required: true },
    contentType: { type: String, required: true },
    formatHeaders: mixed,
    workflow: { type: String, required: true },
    test: Boolean,
    createdAt: { type: Date, required: true },
    attempts: { type: Number, required: true },
    failures: { type: Number, required: true },
    unknowns: { type: Number, required: true },
    round: { type: Number, required: true },
    roundStartedAt: Date,
    carrier: mixed,
    log: { type: mixed, default: undefined },
    firstAttemptAt: Date,
    replay: String,
    reset: String,
    dueAt: Date,
    open: mixed,
    lastAttempt: mixed,
    updatedAt: { type: Date, required: true },
    finishedAt: Date,
    purgeAt: Date,
  },
  { collection: 'deliveries', versionKey: false, autoIndex: false },
)
deliverySchema.index({ tenant: 1, createdAt: -1, _id: -1 })
deliverySchema.index({ tenant: 1, state: 1, createdAt: -1, _id: -1 })
deliverySchema.index({ webhook: 1, createdAt: -1, _id: -1 })
deliverySchema.index({ webhook: 1, state: 1, createdAt: -1, _id: -1 })
deliverySchema.index({ tenant: 1, type: 1, createdAt: -1, _id: -1 })
// not `attempts` itself: no index has what a claim changes, so that claims stay cheap (decision 0017)
deliverySchema.index({ tenant: 1, 'lastAttempt.number': 1 })
// few rows have a code
for (const field of ['lastAttempt.code', 'reason.code'])
  deliverySchema.index({ [field]: 1 }, { sparse: true })
// few rows have the same
deliverySchema.index({ subject: 1 }, { sparse: true })
// what is owed, by when it is due
deliverySchema.index({ dueAt: 1 }, { sparse: true })
// the queue of a lane
deliverySchema.index({ webhook: 1, state: 1, dueAt: 1 })
deliverySchema.index({ tenant: 1, event: 1 })
deliverySchema.index({ purgeAt: 1 }, { expireAfterSeconds: 0, sparse: true })

/** Epoch milliseconds of the earliest start of the next attempt. */
export function dueTimeMs(row: Pick<DeliveryDocument, 'dueAt'>): number {
  return row.dueAt?.getTime() ?? 0
}

/** The workflow that carries a delivery, or did. */
export function workflowOf(row: Pick<DeliveryDocument, 'carrier' | 'workflow'>): string {
  return row.carrier?.workflow ?? row.workflow
}
