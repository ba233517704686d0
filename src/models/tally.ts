import { Schema } from 'mongoose'

export type TallyStep = 'minute' | 'hour'
export type TallyOutcome = 'delivered' | 'failed' | 'unknown'
export const STEP_MS: Readonly<Record<TallyStep, number>> = { minute: 60_000, hour: 3_600_000 }
/** How long tallies are kept. */
const KEPT_MS: Readonly<Record<TallyStep, number>> = {
  minute: 4 * 3_600_000,
  hour: 31 * 86_400_000,
}

/** Each bucket of a latency holds what took up to this many times as long as the one before. */
const BUCKET_FACTOR = 1.15

/** What the attempts of one webhook came to within one minute or hour, as one process saw them. */
export type TallyDocument = {
  _id: string
  tenant: string
  webhook: string
  step: TallyStep
  /** The start of the minute or hour. */
  at: Date
  outcomes: Partial<Record<TallyOutcome, number>>
  /** Answers by `latencyBucket`. */
  latency: Record<string, number>
  purgeAt: Date
}

const mixed = Schema.Types.Mixed
export const tallySchema = new Schema<TallyDocument>(
  {
    _id: { type: String, required: true },
    tenant: { type: String, required: true },
    webhook: { type: String, required: true },
    step: { type: String, required: true },
    at: { type: Date, required: true },
    outcomes: { type: mixed, required: true },
    latency: { type: mixed, required: true },
    purgeAt: { type: Date, required: true },
  },
  { collection: 'tallies', versionKey: false, minimize: false, autoIndex: false },
)
tallySchema.index({ tenant: 1, step: 1, at: 1 })
tallySchema.index({ tenant: 1, webhook: 1, step: 1, at: 1 })
tallySchema.index({ purgeAt: 1 }, { expireAfterSeconds: 0 })

/** When a tally of this step that begins then may go. */
export function tallyPurgeAt(step: TallyStep, at: Date): Date {
  return new Date(at.getTime() + KEPT_MS[step])
}

/** The bucket of a time; at most one factor (15 %) wide. */
export function latencyBucket(ms: number): number {
  return Math.max(0, Math.ceil(Math.log(Math.max(ms, 1)) / Math.log(BUCKET_FACTOR)))
}

/** The longest time of a bucket, in whole milliseconds. */
function bucketMs(bucket: number): number {
  return Math.round(BUCKET_FACTOR ** bucket)
}

/** The times that these shares (0–1, rising) of the answers took at most, by bucket; none where there is no answer. */
export function latencyPercentiles(
  latency: ReadonlyMap<number, number>,
  shares: readonly number[],
): number[] {
  const total = [...latency.values()].reduce((sum, count) => sum + count, 0)
  const found: number[] = []
  let seen = 0
  for (const [bucket, count] of [...latency].toSorted(([a], [b]) => a - b)) {
    seen += count
    while (found.length < shares.length && seen >= total * (shares[found.length] ?? 1))
      found.push(bucketMs(bucket))
  }
  return found
}
