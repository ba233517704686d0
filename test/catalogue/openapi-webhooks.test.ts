import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  exportTypes,
  importedTypes,
  webhooksDocumentSchema,
} from '../../src/catalogue/openapi-webhooks.ts'
import { SEED_TYPES } from '../../src/catalogue/seed-types.ts'
import { type CatalogueType, EVENT_TYPE_STATUSES } from '../../src/catalogue/types.ts'

const imported = (types: CatalogueType[]) => {
  const document: unknown = JSON.parse(JSON.stringify(exportTypes(types, 'default')))
  const all = [...importedTypes(webhooksDocumentSchema.parse(document))]
  return { types: all.map((one) => one.type), faults: all.flatMap((one) => one.faults) }
}

const reference = fc.constantFrom('#', '#/$defs/a~1b', '#/$defs/%25', '#anchor', '#/properties/x')
const { schema } = fc.letrec((tie) => ({
  schema: fc.dictionary(
    fc.constantFrom('properties', '$defs', 'items', '$ref', 'const', 'x', 'a/b', 'a~b', '%'),
    fc.oneof({ maxDepth: 3 }, reference, tie('schema'), fc.array(tie('schema'), { maxLength: 2 })),
    { noNullPrototype: true },
  ),
}))
const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown)
const type = fc.record(
  {
    name: fc.stringMatching(/^[A-Za-z0-9.:/-]{1,20}$/),
    guideName: fc.string({ minLength: 1, maxLength: 20 }),
    description: fc.string(),
    status: fc.constantFrom(...EVENT_TYPE_STATUSES),
    schema,
    example: json,
  },
  { requiredKeys: ['name', 'description', 'status'], noNullPrototype: true },
)

describe('event types as OpenAPI 3.1 webhooks', () => {
  it('are the same when they come back: the seed types', () => {
    const types = [...SEED_TYPES.values()]
    expect(imported(types)).toEqual({ types, faults: [] })
  })

  it('are the same when they come back: any types', () => {
    const types = fc.uniqueArray(type, { selector: ({ name }) => name, maxLength: 3 })
    fc.assert(
      fc.property(types, (some) => {
        const back = imported(some)
        expect(back.faults).toEqual([])
        const byName = new Map(back.types.map((one) => [one.name, one]))
        for (const one of some)
          expect(JSON.stringify(byName.get(one.name)?.schema)).toBe(JSON.stringify(one.schema))
        expect(byName).toEqual(new Map(some.map((one) => [one.name, one])))
      }),
      { numRuns: 300 },
    )
  })
})
