import { randomUUID } from 'node:crypto'
import { setImmediate as nextTick, setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../../logger.ts'
import type { Models } from '../../models/connect.ts'
import type { DeliveryDocument } from '../../models/deliveries/document.ts'
import {
  latencyBucket,
  STEP_MS,
  type TallyDocument,
  type TallyOutcome,
  type TallyStep,
  tallyPurgeAt,
} from '../../models/tally.ts'

/** Tallies are written this often at most. */
const PAUSE_MS = 5_000
/** And so many together, since the event loop has others to serve. */
const SLICE = 100
const STEPS: readonly TallyStep[] = ['minute', 'hour']

type Kept = { tally: TallyDocument; isWritten: boolean }
type Attempt = { outcome: TallyOutcome; totalMs: number | null; endedMs: number }

/**
 * Counts the attempts of this process by webhook, minute and hour, for charts. Attempts never wait for it. Each process
 * has documents of its own and writes them whole, so that a write may be made twice; a death loses the last seconds.
 */
export class AttemptTally {
  /** Those of steps that still last, or that are not written yet. */
  private readonly tallies = new Map<string, Kept>()
  private readonly stop = new AbortController()
  private begun = 0
  private readonly process = randomUUID()
  private readonly deps: { models: Models; logger: Logger; now: () => number }
  private writing: Promise<void> | undefined

  constructor(deps: { models: Models; logger: Logger; now: () => number }) {
    this.deps = deps
  }

  note({ tenant, webhook }: Pick<DeliveryDocument, 'tenant' | 'webhook'>, attempt: Attempt): void {
    for (const step of STEPS) {
      const tally = this.tallyOf({ tenant, webhook }, step, attempt.endedMs)
      tally.outcomes[attempt.outcome] = (tally.outcomes[attempt.outcome] ?? 0) + 1
      if (attempt.totalMs === null) continue
      const bucket = latencyBucket(attempt.totalMs)
      tally.latency[bucket] = (tally.latency[bucket] ?? 0) + 1
    }
    this.writing ??= this.writeSoon()
  }

  /** Resolves when all that was noted is written, or could not be. */
  async ended(): Promise<void> {
    this.stop.abort()
    await this.writing
    await this.write()
  }

  private tallyOf(
    { tenant, webhook }: Pick<TallyDocument, 'tenant' | 'webhook'>,
    step: TallyStep,
    endedMs: number,
  ): TallyDocument {
    const atMs = endedMs - (endedMs % STEP_MS[step])
    const key = `${webhook} ${step} ${atMs}`
    const known = this.tallies.get(key)
    if (known) {
      known.isWritten = false
      return known.tally
    }
    const at = new Date(atMs)
    // one that is begun again after it was forgotten is another one
    const own = `${this.process}/${(this.begun += 1)}`
    const _id = `${tenant}/${webhook}/${step}/${at.toISOString()}/${own}`
    const purgeAt = tallyPurgeAt(step, at)
    const tally = { _id, tenant, webhook, step, at, outcomes: {}, latency: {}, purgeAt }
    this.tallies.set(key, { tally, isWritten: false })
    return tally
  }

  /** One write at a time, so that an older one never lands on a younger one. */
  private async writeSoon(): Promise<void> {
    await sleep(PAUSE_MS, undefined, { ref: false, signal: this.stop.signal }).catch(
      () => undefined,
    )
    await this.write()
    this.writing = undefined
    const isLeft = [...this.tallies.values()].some(({ isWritten }) => !isWritten)
    if (isLeft && !this.stop.signal.aborted) this.writing = this.writeSoon()
  }

  private async write(): Promise<void> {
    const changed = [...this.tallies.values()].filter(({ isWritten }) => !isWritten)
    for (let from = 0; from < changed.length; from += SLICE) {
      await this.writeSlice(changed.slice(from, from + SLICE))
      await nextTick()
    }
    this.forgetOver()
  }

  private async writeSlice(some: Kept[]): Promise<void> {
    for (const one of some) one.isWritten = true
    const writes = some.map(({ tally }) => {
      const { _id, ...fields } = structuredClone(tally)
      return { updateOne: { filter: { _id }, update: { $set: fields }, upsert: true } }
    })
    try {
      await this.deps.models.tallies.bulkWrite(writes, { ordered: false, skipValidation: true })
    } catch (error) {
      for (const one of some) one.isWritten = false
      this.deps.logger.debug({ err: error }, 'tallies.not_written')
    }
  }

  /** What has been written and lasts no longer; an attempt that ends late begins it anew, so it stays for a while. */
  private forgetOver(): void {
    for (const [key, { tally, isWritten }] of this.tallies) {
      const overMs = tally.at.getTime() + 2 * STEP_MS[tally.step]
      if (isWritten && overMs < this.deps.now()) this.tallies.delete(key)
    }
  }
}
