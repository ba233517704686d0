import { setImmediate as nextTick, setTimeout as sleep } from 'node:timers/promises'
import type { Models } from '../models/connect.ts'

const PATIENCE_MS = 200
/** After MongoDB failed to answer, lookups are skipped for this long. */
const PAUSE_MS = 1_000

/**
 * Asks MongoDB which event keys are stored, one find for all requests that wait at that moment.
 * Best effort: gives nothing where MongoDB does not answer within 200 ms.
 */
export class StoredHashes {
  private readonly models: Models
  private readonly now: () => number
  private waiting = new Set<string>()
  private next: Promise<Map<string, string>> | undefined
  private current: Promise<unknown> = Promise.resolve()
  private skipUntilMs = 0

  constructor(models: Models, now: () => number) {
    this.models = models
    this.now = now
  }

  /** Hashes by key, of at least those keys that are stored. */
  find(keys: string[]): Promise<Map<string, string>> {
    for (const key of keys) this.waiting.add(key)
    this.next ??= this.run()
    return this.next
  }

  private async run(): Promise<Map<string, string>> {
    await Promise.all([this.current, nextTick()])
    const keys = [...this.waiting]
    this.waiting = new Set()
    this.next = undefined
    const answer = this.query(keys)
    this.current = answer
    return answer
  }

  private async query(keys: string[]): Promise<Map<string, string>> {
    if (this.now() < this.skipUntilMs) return new Map()
    const found = this.models.events
      .find({ _id: { $in: keys } }, { hash: 1 })
      .lean()
      .exec()
      .catch(() => undefined)
    const stop = new AbortController()
    const rows = await Promise.race([found, sleep(PATIENCE_MS, undefined, { signal: stop.signal })])
    stop.abort()
    if (!rows) this.skipUntilMs = this.now() + PAUSE_MS
    return new Map(rows?.map((row) => [row._id, row.hash]))
  }
}
