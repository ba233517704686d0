import { setTimeout as pause } from 'node:timers/promises'
import { PreparedSchema } from '../../catalogue/prepared-schema.ts'
import { SEED_TYPES } from '../../catalogue/seed-types.ts'
import type { JsonSchema } from '../../catalogue/types.ts'
import type { Logger } from '../../logger.ts'
import type { Models } from '../../models/connect.ts'
import { type EventTypeDocument, eventTypeKey } from '../../models/event-type.ts'
import {
  DEFAULT_SETTINGS,
  type SettingsDocument,
  type ValidationMode,
} from '../../models/settings.ts'

/** Read again in the background from this age on, and before it is used from the second one on. */
const RENEW_MS = 2_500
const STALE_MS = 4_500
const READ_MS = 200
/** Where nothing is remembered, or what is remembered was changed. */
const FIRST_READ_MS = 600
/** After MongoDB failed to answer, nobody waits for it for this long. */
const PAUSE_MS = 1_000
const REMEMBERED = 1_000

/** What a tenant has set, and the version of each event type that it has; 0 for an unchanged seed type. */
export type TenantCatalogue = { mode: ValidationMode; versions: ReadonlyMap<string, number> }
type Entry = TenantCatalogue & { readAtMs: number }

/**
 * Settings, type names and prepared schemas for ingest. A change is in force within 5 s while MongoDB answers; while
 * it does not, what was read last holds, so that ingest goes on.
 */
export class CatalogueCache {
  private readonly entries = new Map<string, Entry>()
  private readonly reads = new Map<string, Promise<Entry>>()
  private readonly prepared = new Map<string, PreparedSchema | undefined>()
  private readonly models: Models
  private readonly logger: Logger
  private readonly now: () => number
  private skipUntilMs = 0

  constructor(options: { models: Models; logger: Logger; now: () => number }) {
    this.models = options.models
    this.logger = options.logger
    this.now = options.now
  }

  /** Undefined where MongoDB does not answer and nothing is remembered. */
  async of(tenant: string): Promise<TenantCatalogue | undefined> {
    const entry = this.entries.get(tenant)
    const ageMs = entry ? this.now() - entry.readAtMs : Infinity
    if (ageMs < RENEW_MS) return entry
    const read = this.read(tenant)
    if (ageMs < STALE_MS) return entry
    return (await this.soon(read, ageMs === Infinity ? FIRST_READ_MS : READ_MS)) ?? entry
  }

  /** What was read last, however long ago. */
  remembered(tenant: string): TenantCatalogue | undefined {
    return this.entries.get(tenant)
  }

  /** The schema of a type that the tenant has; undefined if it has none, or MongoDB does not answer. */
  async schemaOf(
    tenant: string,
    name: string,
    version: number,
  ): Promise<PreparedSchema | undefined> {
    const key = version === 0 ? `/${name}` : `${eventTypeKey(tenant, name)}/${version}`
    if (this.prepared.has(key)) return this.prepared.get(key)
    if (version === 0) return this.remember(key, SEED_TYPES.get(name)?.schema)
    const found = await this.soon(
      this.models.eventTypes
        .findOne({ _id: eventTypeKey(tenant, name) })
        .lean<EventTypeDocument>()
        .exec(),
      FIRST_READ_MS,
    )
    if (!found || found.deletedAt) return undefined
    const { schemaJson } = found
    const schema = schemaJson === undefined ? undefined : (JSON.parse(schemaJson) as JsonSchema)
    return this.remember(`${eventTypeKey(tenant, name)}/${found.version}`, schema)
  }

  /** To be called when this process changed a tenant's settings or types: they are read before they are used again. */
  changed(tenant: string): void {
    const entry = this.entries.get(tenant)
    if (entry) entry.readAtMs = -Infinity
    this.reads.delete(tenant)
  }

  /** The result, if it is there in time. */
  private async soon<T>(read: Promise<T>, patienceMs: number): Promise<T | undefined> {
    const failed = read.catch((error: unknown) => {
      this.logger.debug({ err: error }, 'catalogue.not_read')
      return undefined
    })
    if (this.now() < this.skipUntilMs) return undefined
    const patience = new AbortController()
    const late = pause(patienceMs, undefined, { ref: false, signal: patience.signal })
    const result = await Promise.race([failed, late.catch(() => undefined)])
    patience.abort()
    if (result === undefined) this.skipUntilMs = this.now() + PAUSE_MS
    return result
  }

  /** One read at a time for each tenant; whoever comes meanwhile shares it. */
  private read(tenant: string): Promise<Entry> {
    const running = this.reads.get(tenant)
    if (running) return running
    const read = this.load(tenant).then((entry) => {
      // a read that began before a change may not hide it
      if (this.reads.get(tenant) === read) put(this.entries, tenant, entry)
      return entry
    })
    this.reads.set(tenant, read)
    const end = () => {
      if (this.reads.get(tenant) === read) this.reads.delete(tenant)
    }
    read.then(end, end)
    return read
  }

  private async load(tenant: string): Promise<Entry> {
    const { settings, eventTypes } = this.models
    const readAtMs = this.now()
    const [set, types] = await Promise.all([
      settings.findOne({ _id: tenant }).lean<SettingsDocument>().exec(),
      eventTypes
        .find({ tenant }, { name: 1, version: 1, deletedAt: 1 })
        .lean<Pick<EventTypeDocument, 'name' | 'version' | 'deletedAt'>[]>()
        .exec(),
    ])
    const versions = new Map([...SEED_TYPES.keys()].map((name) => [name, 0]))
    for (const { name, version, deletedAt } of types)
      if (deletedAt) versions.delete(name)
      else versions.set(name, version)
    return { mode: set?.validation ?? DEFAULT_SETTINGS.validation, versions, readAtMs }
  }

  private remember(key: string, schema: JsonSchema | undefined): PreparedSchema | undefined {
    const prepared = schema && this.prepare(key, schema)
    put(this.prepared, key, prepared)
    return prepared
  }

  /** A stored schema was checked when it was saved; one that fails all the same must not stop ingest. */
  private prepare(key: string, schema: JsonSchema): PreparedSchema {
    return new PreparedSchema(schema, (error) =>
      this.logger.warn({ err: error, type: key }, 'event_type.schema_unusable'),
    )
  }
}

/** Sets a key and forgets the oldest ones beyond the limit. */
function put<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  for (const oldest of map.keys()) {
    if (map.size <= REMEMBERED) return
    map.delete(oldest)
  }
}
