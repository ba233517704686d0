import { wantsType } from '../../delivery/match.ts'
import type { Logger } from '../../logger.ts'
import type { Models } from '../../models/connect.ts'
import { nearestName } from '../input/nearest-name.ts'

/** Read again after this, while there are types that the catalogue does not have. */
const FRESH_MS = 30_000
const TYPES_MAX = 1_000
const TENANTS_MAX = 1_000

/** What webhooks of a tenant list, and what was said of each type since it was read. */
type Listed = {
  patterns: readonly string[]
  readAtMs: number
  hints: Map<string, string | undefined>
}

/**
 * Tells what is probably a typo in the type of an event: no webhook lists it, and it is near a name of the catalogue or of
 * a webhook. What webhooks list is read once in a while for a tenant, never for an event.
 */
export class TypeHints {
  private readonly listed = new Map<string, Promise<Listed | undefined>>()
  private readonly deps: { models: Models; logger: Logger; now: () => number }

  constructor(deps: { models: Models; logger: Logger; now: () => number }) {
    this.deps = deps
  }

  /** The name that was probably meant by a type that the catalogue does not have. Never rejects. */
  async meant(
    tenant: string,
    type: string,
    catalogue: ReadonlyMap<string, unknown>,
  ): Promise<string | undefined> {
    const listed = await this.listedBy(tenant)
    if (!listed || listed.hints.has(type)) return listed?.hints.get(type)
    if (listed.hints.size >= TYPES_MAX) return undefined
    const names = listed.patterns.filter((pattern) => !pattern.includes('*'))
    const hint = wantsType(listed.patterns, type)
      ? undefined
      : nearestName(type, [...catalogue.keys(), ...names])
    listed.hints.set(type, hint)
    return hint
  }

  /** To be called when this process changed a tenant's webhooks or types. */
  changed(tenant: string): void {
    this.listed.delete(tenant)
  }

  private async listedBy(tenant: string): Promise<Listed | undefined> {
    const known = await this.listed.get(tenant)
    if (known && this.deps.now() - known.readAtMs < FRESH_MS) return known
    const read = this.read(tenant)
    if (this.listed.size >= TENANTS_MAX) this.listed.clear()
    this.listed.set(tenant, read)
    return read
  }

  private async read(tenant: string): Promise<Listed | undefined> {
    const { models, logger, now } = this.deps
    const readAtMs = now()
    try {
      const patterns = await models.webhooks
        .distinct('events', { tenant, deletedAt: { $exists: false } })
        .exec()
      return { patterns, readAtMs, hints: new Map() }
    } catch (err) {
      logger.debug({ err }, 'event_type.hints_not_read')
      return { patterns: ['*'], readAtMs, hints: new Map() }
    }
  }
}
