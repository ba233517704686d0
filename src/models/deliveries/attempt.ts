import { Schema } from 'mongoose'
import type { Timings } from '../../delivery/types.ts'

/** Names and values as pairs: strangers choose the names, and MongoDB reads a meaning into some keys. */
export type HeaderPairs = { name: string; value: string }[]

/** One request to a receiver, or one that may have been made when its worker died (`unknown`); kept in its delivery's row. */
export type AttemptRecord = {
  number: number
  startedAt: Date
  endedAt?: Date
  outcome: 'delivered' | 'failed' | 'unknown'
  code?: string
  detail?: string
  request?: { method: 'POST'; url: string; headers: HeaderPairs }
  response?: { status: number; headers: HeaderPairs; body: string; truncated: boolean }
  timings?: Timings
  /** Its connection was closed before any byte of an answer, and it was sent once more. */
  reconnected?: true
  nextAttemptAt?: Date
}

export type EndedAttempt = AttemptRecord & { endedAt: Date }

/** An attempt that its row has no room for any more. Those of earlier versions have headers by name. */
export type AttemptDocument = AttemptRecord & {
  /** `delivery/number`. */
  _id: string
  tenant: string
  delivery: string
  event: string
  webhook: string
  /** When it may go, with its event. */
  purgeAt?: Date
}

const mixed = Schema.Types.Mixed
export const attemptSchema = new Schema<AttemptDocument>(
  {
    _id: { type: String, required: true },
    tenant: { type: String, required: true },
    delivery: { type: String, required: true },
    event: { type: String, required: true },
    webhook: { type: String, required: true },
    number: { type: Number, required: true },
    startedAt: { type: Date, required: true },
    endedAt: Date,
    outcome: { type: String, required: true },
    code: String,
    detail: String,
    request: mixed,
    response: mixed,
    timings: mixed,
    reconnected: Boolean,
    nextAttemptAt: Date,
    purgeAt: Date,
  },
  { collection: 'attempts', versionKey: false, autoIndex: false },
)
attemptSchema.index({ delivery: 1, number: 1 })
attemptSchema.index({ tenant: 1, startedAt: -1 })
attemptSchema.index({ purgeAt: 1 }, { expireAfterSeconds: 0, sparse: true })

/** Writes an attempt's record; where MongoDB refuses it, all of it but what others wrote into it. */
export function writeRecord<Written>(
  attempt: EndedAttempt,
  write: (attempt: EndedAttempt) => Promise<Written>,
): Promise<Written> {
  return write(attempt).catch(() => write(factsOf(attempt)))
}

function factsOf({ request: _request, response, ...facts }: EndedAttempt): EndedAttempt {
  const answer = response && { status: response.status, headers: [], body: '', truncated: true }
  const detail = 'Its request and answer could not be stored.'
  return { ...facts, detail, ...(answer && { response: answer }) }
}

/** Headers as they are stored. */
export function headerPairs(headers: Record<string, string>): HeaderPairs {
  return Object.entries(headers).map(([name, value]) => ({ name, value }))
}

/** Stored headers by name, as they came in; those of earlier versions were stored so. */
export function headersByName(
  stored: HeaderPairs | Record<string, string>,
): Record<string, string> {
  if (!Array.isArray(stored)) return stored
  return Object.fromEntries(stored.map(({ name, value }) => [name, value]))
}
