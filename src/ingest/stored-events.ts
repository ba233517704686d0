import { setImmediate as nextTick, setTimeout as sleep } from 'node:timers/promises'
import type { Models } from '../models/connect.ts'

const PATIENCE_MS = 200
/** After MongoDB failed to answer, lookups are skipped for this long. */
const PAUSE_MS = 1_000

/** What MongoDB has of an event: the hash of its bytes, and the workflow that owns it. */
export type EventRecord = { hash: string; workflow: string }

/** Asks MongoDB which event keys are stored, one find for all requests that wait at that moment. Best effort. */
export class StoredEvents {
  private readonly models: Models
  private readonly now: () => number
  private waiting = new Set<string>()
  private next: Promise<Map<string, EventRecord> | undefined> | undefined
  private current: Promise<unknown> = Promise.resolve()
  private skipUntilMs = 0

  constructor(models: Models, now: () => number) {
    this.models = models
    this.now = now
  }

  /** By key, at least those of the keys that are stored; undefined where MongoDB does not answer within 200 ms. */
  find(keys: string[]): Promise<Map<string, EventRecord> | undefined> {
    for (const key of keys) this.waiting.add(key)
    this.next ??= this.run()
    return this.next
  }

  private async run(): Promise<Map<string, EventRecord> | undefined> {
    await Promise.all([this.current, nextTick()])
    const keys = [...this.waiting]
    this.waiting = new Set()
    this.next = undefined
    const answer = this.query(keys)
    this.current = answer
    return answer
  }

  private async query(keys: string[]): Promise<Map<string, EventRecord> | undefined> {
    if (this.now() < this.skipUntilMs) return undefined
    const found = this.models.events
      .find({ _id: { $in: keys } }, { hash: 1, workflow: 1 })
      .lean()
      .exec()
      .catch(() => undefined)
    const stop = new AbortController()
    const rows = await Promise.race([found, sleep(PATIENCE_MS, undefined, { signal: stop.signal })])
    stop.abort()
    if (!rows) this.skipUntilMs = this.now() + PAUSE_MS
    return rows && new Map(rows.map(({ _id, hash, workflow }) => [_id, { hash, workflow }]))
  }
}
