import { z } from 'zod'
import { SEED_TYPES } from '../../catalogue/seed-types.ts'
import { EVENT_TYPE_STATUSES, type CatalogueType, type JsonSchema } from '../../catalogue/types.ts'
import { type EventTypeDocument, eventTypeKey, typeFields } from '../../models/event-type.ts'
import { ApiError } from '../http/errors.ts'
import { staleVersion, staleWhereTwice } from '../http/etag.ts'
import type { Call } from '../http/route.ts'

type Context = Pick<Call<unknown, unknown>, 'deps' | 'caller' | 'validation'>

/** A type as a tenant has it; version 0 where it comes with herald and the tenant never changed it. */
export type EventType = CatalogueType & {
  version: number
  createdAt: Date | null
  updatedAt: Date | null
}

const time = z.iso.datetime().nullable()
const given = {
  guideName: z.string().trim().min(1).max(128).optional(),
  status: z.enum(EVENT_TYPE_STATUSES),
  schema: z
    .record(z.string(), z.unknown())
    .optional()
    .meta({ description: 'JSON Schema 2020-12 of `data`, references within it only.' }),
  example: z.unknown().optional().meta({ description: 'One `data` that fits the schema.' }),
}

/** What an admin says about a type; its name is in the path. */
export const eventTypeInputSchema = z
  .strictObject({
    ...given,
    description: z.string().max(2_000).default(''),
    status: given.status.default('available'),
  })
  .meta({ id: 'EventTypeInput' })

export const eventTypeViewSchema = z
  .object({
    name: z.string().meta({ description: 'The `type` on the wire.' }),
    ...given,
    description: z.string(),
    version: z.number().int().meta({ description: '0: as it came with herald.' }),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'EventType' })

/** A type as the API shows it. */
export function eventTypeView(type: EventType): z.input<typeof eventTypeViewSchema> {
  const { createdAt, updatedAt, ...rest } = type
  return {
    ...rest,
    createdAt: createdAt?.toISOString() ?? null,
    updatedAt: updatedAt?.toISOString() ?? null,
  }
}

/** A type for the audit: MongoDB may not take the keywords of a schema as field names, so it is text. */
export function auditedType(type: EventType) {
  const { schema: _schema, example: _example, ...rest } = eventTypeView(type)
  return { ...rest, ...typeFields(type) }
}

/** What a stored type says. */
export function typeOf(document: EventTypeDocument): EventType {
  const { name, guideName, description, status, schemaJson, exampleJson } = document
  return {
    name,
    ...(guideName !== undefined && { guideName }),
    description,
    status,
    ...(schemaJson !== undefined && { schema: JSON.parse(schemaJson) as JsonSchema }),
    ...(exampleJson !== undefined && { example: JSON.parse(exampleJson) as unknown }),
    version: document.version,
    createdAt: document.createdAt,
    updatedAt: document.updatedAt,
  }
}

/** The seed type of this name as a tenant has it that never changed it. */
export function seedType(name: string): EventType | undefined {
  const seed = SEED_TYPES.get(name)
  return seed && { ...seed, version: 0, createdAt: null, updatedAt: null }
}

/** The caller's type of this name, and the version that a change of it must have seen. */
export async function findEventType(
  { deps, caller }: Context,
  name: string,
): Promise<{ type: EventType | undefined; storedVersion: number }> {
  const document = await deps.models.eventTypes
    .findOne({ _id: eventTypeKey(caller.tenant, name) })
    .lean<EventTypeDocument>()
    .exec()
  if (!document) return { type: seedType(name), storedVersion: 0 }
  const type = document.deletedAt ? undefined : typeOf(document)
  return { type, storedVersion: document.version }
}

/** All types of the caller, by name. */
export async function allEventTypes({ deps, caller }: Context): Promise<EventType[]> {
  const documents = await deps.models.eventTypes
    .find({ tenant: caller.tenant })
    .lean<EventTypeDocument[]>()
    .exec()
  const stored = new Set(documents.map(({ name }) => name))
  const seeds = [...SEED_TYPES.keys()].flatMap((name) => (stored.has(name) ? [] : seedOf(name)))
  const own = documents.filter(({ deletedAt }) => !deletedAt).map(typeOf)
  return [...own, ...seeds].toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function seedOf(name: string): EventType[] {
  const seed = seedType(name)
  return seed ? [seed] : []
}

/** Whether two types say the same, whatever their versions. */
export function sameType(a: CatalogueType, b: CatalogueType): boolean {
  return JSON.stringify(typeFields(a)) === JSON.stringify(typeFields(b))
}

/** The type as it is once stored over `before`. */
export function nextType(
  type: CatalogueType,
  before: { type: EventType | undefined; storedVersion: number },
  now: Date,
): EventType {
  const createdAt = before.type?.createdAt ?? now
  return { ...type, version: before.storedVersion + 1, createdAt, updatedAt: now }
}

/** Stores a new version, or the tombstone of one, if nobody else changed it since. Throws version_stale. */
export async function storeEventType(
  { deps, caller, validation }: Context,
  type: EventType,
  deletedAt?: Date,
): Promise<void> {
  const { tenant } = caller
  const _id = eventTypeKey(tenant, type.name)
  const { version, updatedAt, createdAt } = type
  if (!createdAt || !updatedAt) throw new RangeError('a stored type has its times')
  const own = { _id, tenant, name: type.name, version, createdAt, updatedAt }
  const document = { ...own, ...typeFields(type), ...(deletedAt && { deletedAt }) }
  try {
    if (version === 1) return void (await deps.models.eventTypes.create(document))
    const seen = { _id, version: version - 1 }
    const result = await deps.models.eventTypes.replaceOne(seen, document)
    if (result.matchedCount === 0) throw staleVersion()
  } catch (error) {
    staleWhereTwice(error)
  } finally {
    validation.changed(tenant)
  }
}

/** The 404 of a type that the tenant does not have. */
export function noSuchType(): ApiError {
  return new ApiError('not_found', 'No such event type.')
}
