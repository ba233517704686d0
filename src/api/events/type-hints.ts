import { setTimeout as sleep } from 'node:timers/promises'
import { wantsType } from '../../delivery/match.ts'
import type { Logger } from '../../logger.ts'
import type { Models } from '../../models/connect.ts'
import { listedPatterns } from '../../models/webhooks/listed-patterns.ts'
import { nearestName } from '../input/nearest-name.ts'

/** Read again after this, while there are types that the catalogue does not have. */
const FRESH_MS = 30_000
/** An answer waits for a hint no longer than this: it does not depend on MongoDB. */
const PATIENCE_MS = 50
const TYPES_MAX = 1_000
const TENANTS_MAX = 1_000
/** New types of one request that are looked at: each takes some milliseconds where there are thousands of names. */
const LOOKED_AT_MAX = 5

/** What webhooks of a tenant list, and what was said of each type since it was read. */
type Listed = {
  patterns: readonly string[]
  readAtMs: number
  hints: Map<string, string | undefined>
}
type Catalogue = ReadonlyMap<string, unknown>

/**
 * Tells what is probably a typo in the type of an event: no webhook lists it, and it is near a name of the catalogue or of
 * a webhook. What webhooks list is read once in a while for a tenant, never for an event.
 */
export class TypeHints {
  private readonly listed = new Map<string, Listed>()
  private readonly reading = new Map<string, Promise<void>>()
  private readonly deps: { models: Models; logger: Logger; now: () => number }

  constructor(deps: { models: Models; logger: Logger; now: () => number }) {
    this.deps = deps
  }

  /** By type, the names that were probably meant by types that the catalogue does not have. Never rejects. */
  async meant(tenant: string, types: string[], catalogue: Catalogue): Promise<Listed['hints']> {
    if (!this.listed.has(tenant)) await Promise.race([this.read(tenant), sleep(PATIENCE_MS)])
    const listed = this.listed.get(tenant)
    if (!listed) return new Map()
    if (this.deps.now() - listed.readAtMs >= FRESH_MS) void this.read(tenant)
    const fresh = types.filter((type) => !listed.hints.has(type)).slice(0, LOOKED_AT_MAX)
    if (listed.hints.size < TYPES_MAX)
      for (const type of fresh) listed.hints.set(type, hintFor(type, listed.patterns, catalogue))
    return listed.hints
  }

  /** To be called when this process changed a tenant's webhooks or types. */
  changed(tenant: string): void {
    this.listed.delete(tenant)
  }

  /** One read of a tenant at a time. */
  private read(tenant: string): Promise<void> {
    const reading = this.reading.get(tenant) ?? this.readNow(tenant)
    this.reading.set(tenant, reading)
    return reading.finally(() => this.reading.delete(tenant))
  }

  private async readNow(tenant: string): Promise<void> {
    const { models, logger, now } = this.deps
    const readAtMs = now()
    const patterns = await listedPatterns(models.webhooks, tenant).catch((err: unknown) => {
      logger.debug({ err }, 'event_type.hints_not_read')
      return ['*']
    })
    if (this.listed.size >= TENANTS_MAX) this.listed.clear()
    this.listed.set(tenant, { patterns, readAtMs, hints: new Map() })
  }
}

function hintFor(type: string, patterns: readonly string[], catalogue: Catalogue) {
  if (wantsType(patterns, type)) return undefined
  const names = patterns.filter((pattern) => !pattern.includes('*'))
  return nearestName(type, [...catalogue.keys(), ...names])
}
