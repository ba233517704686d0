import { ThreadsBusy } from '../../catalogue/prepared-schema.ts'
import type { SchemaFault } from '../../catalogue/types.ts'
import type { EventEnvelope } from '../../delivery/types.ts'
import { IngestUnavailable } from '../../ingest/types.ts'
import { Turns } from '../../threads/turns.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { CatalogueCache } from '../event-types/view.ts'
import { ApiError, ERRORS_MAX, type FieldError } from '../http/errors.ts'
import { nearestName } from '../input/nearest-name.ts'
import { summaryOf } from '../input/parse-input.ts'
import { TypeHints } from './type-hints.ts'

/** What is worth a look about an event that was accepted all the same. */
export type EventWarning = { pointer: string; detail: string }

const NO_TYPOS: ReadonlyMap<string, EventWarning> = new Map()
/** What schemas that threads check may take of one request. */
const BUDGET_MS = 1_000

/** Checks events against the schemas of their types, as strictly as the tenant has set. */
export class EventValidation {
  private readonly cache: CatalogueCache
  private readonly hints: TypeHints
  private readonly turns = new Turns()

  constructor(deps: Pick<ApiDependencies, 'models' | 'logger' | 'now'>) {
    this.cache = new CatalogueCache(deps)
    this.hints = new TypeHints(deps)
  }

  /**
   * The events of one tenant, with what is wrong about them where it is warned; as they are where nothing can be told.
   * `base` points at an event of the request. Throws unknown_event_type, schema_mismatch where the tenant rejects;
   * IngestUnavailable.
   */
  async check(events: EventEnvelope[], base: (index: number) => string): Promise<EventEnvelope[]> {
    const tenant = events[0]?.tenant ?? ''
    const catalogue = await this.cache.of(tenant)
    if (!catalogue || catalogue.mode === 'off') return events
    const rejects = catalogue.mode === 'reject'
    const faults = await this.faultsOf(tenant, events, catalogue.versions)
    if (!rejects) return events.map((event, index) => warned(event, faults[index] ?? []))
    const names = [...catalogue.versions.keys()]
    const errors: FieldError[] = []
    for (const [index, { type }] of events.entries()) {
      if (errors.length >= ERRORS_MAX) break
      await this.turns.next()
      if (!catalogue.versions.has(type))
        errors.push(unknownType(`${base(index)}/type`, type, names))
      for (const fault of faults[index] ?? []) errors.push(fieldError(base(index), fault))
    }
    if (errors.length > 0) throw rejection(errors)
    return events
  }

  /** Warnings, by type, of what is probably a typo in the types of one tenant's events. Never rejects. */
  async typosOf(events: EventEnvelope[]): Promise<ReadonlyMap<string, EventWarning>> {
    const tenant = events[0]?.tenant ?? ''
    const catalogue = this.cache.remembered(tenant)
    if (!catalogue || catalogue.mode === 'off') return NO_TYPOS
    const types = events.map(({ type }) => type).filter((type) => !catalogue.versions.has(type))
    if (types.length === 0) return NO_TYPOS
    const unknown = [...new Set(types)]
    const meant = await this.hints.meant(tenant, unknown, catalogue.versions)
    return new Map(
      unknown.flatMap((type) => {
        const name = meant.get(type)
        return name === undefined ? [] : [[type, typo(type, name)]]
      }),
    )
  }

  /** To be called when this process changed a tenant's settings or types. */
  changed(tenant: string): void {
    this.cache.changed(tenant)
    this.hints.changed(tenant)
  }

  /** To be called when this process changed what a tenant's webhooks list. */
  webhooksChanged(tenant: string): void {
    this.hints.changed(tenant)
  }

  private async faultsOf(
    tenant: string,
    events: EventEnvelope[],
    versions: ReadonlyMap<string, number>,
  ): Promise<SchemaFault[][]> {
    const types = [...new Set(events.map(({ type }) => type))]
    const schemas = new Map(
      await Promise.all(
        types.map(async (type) => {
          const version = versions.get(type)
          const known = version !== undefined
          const schema = known ? await this.cache.schemaOf(tenant, type, version) : undefined
          return [type, schema] as const
        }),
      ),
    )
    const budget = { leftMs: BUDGET_MS }
    const faults: SchemaFault[][] = []
    for (const { type, data } of events) {
      await this.turns.next()
      const found = schemas.get(type)?.faultsOf(data, tenant, budget)
      faults.push((await found?.catch(unavailable)) ?? [])
    }
    return faults
  }
}

/** Throws IngestUnavailable where the threads are busy. */
function unavailable(error: unknown): never {
  if (error instanceof ThreadsBusy)
    throw new IngestUnavailable('Too many events wait to be checked against their schemas.')
  throw error
}

function warned(event: EventEnvelope, faults: SchemaFault[]): EventEnvelope {
  if (faults.length === 0) return event
  const errors = faults.map(({ pointer, detail }) => ({ pointer: `/data${pointer}`, detail }))
  return { ...event, validation: { ok: false, errors } }
}

function fieldError(base: string, { pointer, detail, code }: SchemaFault): FieldError {
  return { pointer: `${base}/data${pointer}`, detail, code }
}

function typo(type: string, meant: string): EventWarning {
  const detail = `“${type}” is not in the catalogue and no webhook lists it; did you mean “${meant}”?`
  return { pointer: '/type', detail }
}

function unknownType(pointer: string, type: string, names: readonly string[]): FieldError {
  const meant = nearestName(type, names)
  const hint = meant ? `did you mean “${meant}”?` : 'see GET /v1/event-types'
  return { pointer, detail: `“${type}” is not known; ${hint}`, code: 'unknown_event_type' }
}

function rejection(errors: FieldError[]): ApiError {
  const [first] = errors
  const code = first?.code === 'unknown_event_type' ? 'unknown_event_type' : 'schema_mismatch'
  return new ApiError(code, summaryOf(errors, 'places are'), { errors })
}
