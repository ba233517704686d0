import { z } from 'zod'
import { checkType } from '../../catalogue/check-type.ts'
import {
  documentPointer,
  exportTypes,
  importedTypes,
  webhooksDocumentSchema,
} from '../../catalogue/openapi-webhooks.ts'
import type { CatalogueType } from '../../catalogue/types.ts'
import { Turns } from '../../threads/turns.ts'
import { recordChange } from '../access/audit.ts'
import { ERRORS_MAX, type FieldError } from '../http/errors.ts'
import {
  allEventTypes,
  auditedType,
  findEventType,
  nextType,
  sameType,
  storeEventType,
} from './types.ts'
import { eventTypeSchema } from '../events/view.ts'
import { validationError } from '../input/parse-input.ts'
import { reservedFaults } from './reserved.ts'
import { type Call, route } from '../http/route.ts'

const IMPORT_MAX_BYTES = 4_194_304
const IMPORT_MAX_KEYS = 100_000
/** Names that the paths of this file take. */
const RESERVED = new Set(['import', 'export'])
const tag = 'Event types'

const importedSchema = z
  .object({
    dryRun: z.boolean(),
    created: z.number().int(),
    updated: z.number().int(),
    unchanged: z.number().int(),
    changes: z.array(z.object({ name: z.string(), change: z.enum(['created', 'updated']) })),
  })
  .meta({ id: 'EventTypeImport' })

type ImportCall = Call<{ dryRun: 'true' | 'false' }, z.output<typeof webhooksDocumentSchema>>

/** The types of the document, all of them usable. Throws validation_failed. Others have their turn between two of them. */
async function usableTypes({ body: document, caller }: ImportCall): Promise<CatalogueType[]> {
  const types: CatalogueType[] = []
  const errors: FieldError[] = []
  const turns = new Turns()
  for (const { type, faults } of importedTypes(document)) {
    await turns.next()
    const own = faults.length > 0 ? [] : await checkType(type, caller.tenant)
    const moved = own.map((fault) => ({
      ...fault,
      pointer: documentPointer(document, type.name, fault.pointer),
    }))
    errors.push(...nameFaults(type), ...faults, ...moved)
    types.push(type)
    if (errors.length >= ERRORS_MAX) break
  }
  if (errors.length > 0) throw validationError(errors)
  return types
}

function nameFaults(type: CatalogueType): FieldError[] {
  const { name } = type
  const pointer = `/webhooks/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
  if (RESERVED.has(name)) return [{ pointer, detail: 'is a reserved name', code: 'name_reserved' }]
  if (eventTypeSchema.safeParse(name).success) return reservedFaults(type, pointer)
  return [{ pointer, detail: 'must be 1–128 of A–Z a–z 0–9 _ . : / -', code: 'pattern' }]
}

/** Stores one type unless it says what is stored already; what is not in the document stays as it is. */
async function importType(
  call: ImportCall,
  type: CatalogueType,
): Promise<'created' | 'updated' | undefined> {
  const before = await findEventType(call, type.name)
  if (before.type && sameType(before.type, type)) return undefined
  const change = before.type ? 'updated' : 'created'
  if (call.query.dryRun === 'true') return change
  const next = nextType(type, before, new Date(call.deps.now()))
  await storeEventType(call, next)
  await recordChange(call, {
    action: 'event_type.imported',
    resource: type.name,
    ...(before.type && { before: auditedType(before.type) }),
    after: auditedType(next),
  })
  return change
}

export const catalogueTransferRoutes = [
  route({
    method: 'get',
    path: '/v1/event-types/export',
    operationId: 'exportEventTypes',
    summary: 'All event types as an OpenAPI 3.1 document with webhooks',
    tag,
    role: 'viewer',
    responses: {
      200: {
        description: 'The document',
        schema: z.object({
          openapi: z.string(),
          info: z.object({ title: z.string(), version: z.string(), description: z.string() }),
          jsonSchemaDialect: z.string(),
          webhooks: z.record(z.string(), z.unknown()),
        }),
      },
    },
    handle: async (call) => ({
      status: 200,
      body: exportTypes(await allEventTypes(call), call.caller.tenant),
    }),
  }),
  route({
    method: 'post',
    path: '/v1/event-types/import',
    operationId: 'importEventTypes',
    summary: 'Create and replace event types from an OpenAPI 3.1 document with webhooks',
    tag,
    role: 'admin',
    query: z.strictObject({ dryRun: z.enum(['true', 'false']).default('false') }),
    body: webhooksDocumentSchema,
    example: {
      openapi: '3.1.0',
      webhooks: {
        'order.paid': {
          post: {
            requestBody: { content: { 'application/json': { schema: { type: 'object' } } } },
          },
        },
      },
    },
    maxBytes: IMPORT_MAX_BYTES,
    maxKeys: IMPORT_MAX_KEYS,
    problems: [412],
    responses: { 200: { description: 'What it changed, or would', schema: importedSchema } },
    handle: async (call) => {
      const types = await usableTypes(call)
      const changes: { name: string; change: 'created' | 'updated' }[] = []
      for (const type of types) {
        const change = await importType(call, type)
        if (change) changes.push({ name: type.name, change })
      }
      const count = (change: string) => changes.filter((one) => one.change === change).length
      const dryRun = call.query.dryRun === 'true'
      const counts = { created: count('created'), updated: count('updated') }
      const unchanged = types.length - changes.length
      return { status: 200, body: { dryRun, ...counts, unchanged, changes } }
    },
  }),
]
