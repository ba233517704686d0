import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from '../../logger.ts'
import type { ApiKeyDocument } from '../../models/access/api-key.ts'
import type { Models } from '../../models/connect.ts'
import { databaseUnavailable } from '../http/errors.ts'

const FRESH_MS = 3_000
const STALE_MS = 3_600_000
const INGEST_READ_MS = 200
const READ_MS = 1_500
const USED_EVERY_MS = 60_000

type Entry = { key: ApiKeyDocument; readAtMs: number; usedAtMs: number }

/**
 * API keys by id. A change is in force within 5 s while MongoDB answers; while it does not, a key that was
 * seen in the last hour keeps working, so that ingest goes on.
 */
export class KeyCache {
  private readonly entries = new Map<string, Entry>()
  private readonly reads = new Map<string, Promise<ApiKeyDocument | null>>()
  private readonly apiKeys: Models['apiKeys']
  private readonly logger: Logger
  readonly now: () => number

  constructor(options: { models: Models; logger: Logger; now: () => number }) {
    this.apiKeys = options.models.apiKeys
    this.logger = options.logger
    this.now = options.now
  }

  /** The key, or null if there is none. Throws database_unavailable where nobody can tell. */
  async get(id: string, forIngest: boolean): Promise<ApiKeyDocument | null> {
    const entry = this.entries.get(id)
    const ageMs = entry ? this.now() - entry.readAtMs : Infinity
    if (entry && ageMs < FRESH_MS) return entry.key
    const read = this.read(id)
    if (!entry || ageMs > STALE_MS) return read.catch(unavailable)
    const patience = new AbortController()
    const patienceMs = forIngest ? INGEST_READ_MS : READ_MS
    const late = pause(patienceMs, entry.key, { ref: false, signal: patience.signal })
    const stale = () => entry.key
    try {
      return await Promise.race([read.catch(stale), late.catch(stale)])
    } finally {
      patience.abort()
    }
  }

  /** Notes that the key was used, at most once a minute. */
  used(id: string): void {
    const entry = this.entries.get(id)
    if (!entry || this.now() - entry.usedAtMs < USED_EVERY_MS) return
    entry.usedAtMs = this.now()
    this.apiKeys
      .updateOne({ _id: id }, { $set: { lastUsedAt: new Date(entry.usedAtMs) } })
      .catch((error: unknown) =>
        this.logger.debug({ err: error, key: id }, 'api_key.use_not_noted'),
      )
  }

  /** One read at a time for each id; whoever comes meanwhile shares it. */
  private read(id: string): Promise<ApiKeyDocument | null> {
    const running = this.reads.get(id)
    if (running) return running
    const read = this.load(id).finally(() => this.reads.delete(id))
    this.reads.set(id, read)
    read.catch(() => undefined)
    return read
  }

  private async load(id: string): Promise<ApiKeyDocument | null> {
    const key = await this.apiKeys.findOne({ _id: id }).lean<ApiKeyDocument>().exec()
    const usedAtMs = this.entries.get(id)?.usedAtMs ?? 0
    if (key) this.entries.set(id, { key, readAtMs: this.now(), usedAtMs })
    else this.entries.delete(id)
    return key
  }
}

function unavailable(cause: unknown): never {
  throw databaseUnavailable(cause)
}
