import { z } from 'zod'
import { childPointer, exportedSchema, importedSchema } from './schema-references.ts'
import { EVENT_TYPE_STATUSES, type CatalogueType, type SchemaFault } from './types.ts'

const STATUS = 'x-herald-status'
const GUIDE_NAME = 'x-herald-guide-name'

/** Of one import. */
const TYPES_MAX = 1_000

const mediaSchema = z.looseObject({
  schema: z.record(z.string(), z.unknown()).optional(),
  example: z.unknown().optional(),
})
const pathItemSchema = z.looseObject({
  post: z.looseObject({
    description: z.string().max(2_000).optional(),
    summary: z.string().max(2_000).optional(),
    deprecated: z.boolean().optional(),
    [STATUS]: z.enum(EVENT_TYPE_STATUSES).optional(),
    [GUIDE_NAME]: z.string().min(1).max(128).optional(),
    requestBody: z.looseObject({ content: z.record(z.string(), mediaSchema) }).optional(),
  }),
})
type PathItem = z.output<typeof pathItemSchema>

/** Types are counted before they are looked at. */
function counted(webhooks: unknown, context: z.RefinementCtx): unknown {
  if (typeof webhooks !== 'object' || webhooks === null) return webhooks
  if (Object.keys(webhooks).length <= TYPES_MAX) return webhooks
  const message = `has too many types; at most ${TYPES_MAX} at a time: import them in parts`
  context.addIssue({ code: 'custom', message, params: { code: 'too_big' } })
  return z.NEVER
}

/** An OpenAPI 3.1 document with `webhooks`; members that mean nothing to the catalogue are left alone. */
export const webhooksDocumentSchema = z
  .looseObject({
    openapi: z.string().regex(/^3\.[1-9]\d*\./, 'must be 3.1 or later'),
    webhooks: z.preprocess(counted, z.record(z.string(), pathItemSchema)),
  })
  .meta({ id: 'EventTypesDocument' })
type WebhooksDocument = z.output<typeof webhooksDocumentSchema>

/** Event types as the `webhooks` of an OpenAPI 3.1 document, each body the event's `data`. */
export function exportTypes(types: CatalogueType[], tenant: string) {
  return {
    openapi: '3.1.0',
    info: {
      title: `Event types of ${tenant}`,
      version: '1',
      description:
        "Each schema is that of the event's `data`; what stands around it depends on the format of the webhook.",
    },
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    webhooks: Object.fromEntries(types.map((type) => [type.name, pathItemOf(type)])),
  }
}

function pathItemOf(type: CatalogueType): PathItem {
  const { name, guideName, description, status, schema, example } = type
  const media = {
    ...(schema && { schema: exportedSchema(schema, schemaPointer(name, 'application/json')) }),
    ...(example !== undefined && { example }),
  }
  const hasBody = schema !== undefined || example !== undefined
  return {
    post: {
      description,
      ...(status === 'deprecated' && { deprecated: true }),
      [STATUS]: status,
      ...(guideName !== undefined && { [GUIDE_NAME]: guideName }),
      ...(hasBody && { requestBody: { required: true, content: { 'application/json': media } } }),
      responses: { '2XX': { description: 'Received.' } },
    },
  }
}

/** Where a type's schema stands in the document. */
function schemaPointer(name: string, mediaType: string): string {
  const steps = ['webhooks', name, 'post', 'requestBody', 'content', mediaType, 'schema']
  return steps.reduce(childPointer, '')
}

/** The event types of a document one by one, each with the faults of references that lead nowhere. */
export function* importedTypes(
  document: WebhooksDocument,
): Generator<{ type: CatalogueType; faults: SchemaFault[] }> {
  for (const [name, { post }] of Object.entries(document.webhooks)) {
    const faults: SchemaFault[] = []
    const [mediaType, media] = jsonMedia(post)
    const pointer = schemaPointer(name, mediaType)
    const schema = media.schema && importedSchema(media.schema, { pointer, document, faults })
    const guideName = post[GUIDE_NAME]
    const type = {
      name,
      ...(guideName !== undefined && { guideName }),
      description: post.description ?? post.summary ?? '',
      status: post[STATUS] ?? (post.deprecated === true ? 'deprecated' : 'available'),
      ...(schema && { schema }),
      ...(media.example !== undefined && { example: media.example }),
    } satisfies CatalogueType
    yield { type, faults }
  }
}

function jsonMedia({ requestBody }: PathItem['post']): [string, z.output<typeof mediaSchema>] {
  const all = Object.entries(requestBody?.content ?? {})
  return all.find(([type]) => /[/+]json\b/.test(type)) ?? ['application/json', {}]
}

/** Where in the document a fault of a type's schema or example stands. */
export function documentPointer(document: WebhooksDocument, name: string, pointer: string): string {
  const post = document.webhooks[name]?.post
  const [mediaType] = post ? jsonMedia(post) : ['application/json']
  const media = schemaPointer(name, mediaType).slice(0, -'/schema'.length)
  return media + pointer
}
