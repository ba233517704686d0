import type { JsonSchema } from '../../../src/catalogue/types.ts'

const many = <Item>(length: number, item: (n: number) => Item) =>
  Array.from({ length }, (_, n) => item(n))
const members = (length: number, value: (n: number) => unknown) =>
  Object.fromEntries(many(length, (n) => [`k${n}`, value(n)]))

const ZEROS = many(60_000, () => 0)
const OBJECTS = many(4_000, (n) => ({ a: n, b: 'x'.repeat(40) }))
const LETTERS = many(60, () => 'a'.repeat(4_000))
const NESTED = many(60, () => 0).reduce<unknown>((inner) => [inner, inner === 0 ? 1 : 0], 0)

const schemaOf = (text: string) => JSON.parse(text) as JsonSchema

type Bomb = { schema: JsonSchema; data: unknown }

/** For each keyword of JSON Schema 2020-12 a schema and a value that take as long with it as their sizes allow. */
export const SCHEMA_BOMBS: Record<string, Bomb> = {
  allOf: bomb({ allOf: many(1_600, () => ({ type: 'null' })) }),
  'allOf that fits': bomb({ allOf: many(500, () => ({ type: 'number' })) }),
  anyOf: bomb({ anyOf: many(500, () => ({ type: 'null' })) }),
  oneOf: bomb({ oneOf: many(500, (n) => ({ const: n })) }),
  not: bomb({ not: { anyOf: many(500, () => ({ type: 'null' })) } }),
  'if, then, else': bomb({ allOf: many(300, () => schemaOf('{"if":true,"then":false}')) }),
  enum: bomb({ enum: many(4_900, (n) => n + 1) }),
  'enum of objects': bomb({ enum: many(2_000, (n) => ({ a: n })) }, OBJECTS),
  const: bomb({ const: members(4_000, (n) => n) }, OBJECTS),
  type: bomb({ allOf: many(300, () => ({ type: ['null', 'string', 'object'] })) }),
  multipleOf: bomb({ allOf: many(500, (n) => ({ multipleOf: n + 2.5 })) }),
  'minimum, maximum': bomb({ allOf: many(400, () => ({ minimum: 1, exclusiveMaximum: 0 })) }),
  'minLength, maxLength': bomb({ allOf: many(400, () => ({ maxLength: 1 })) }, LETTERS),
  pattern: bomb(
    { pattern: '^(a+)+$' },
    many(50, () => `${'a'.repeat(4_000)}!`),
  ),
  'many patterns': bomb({ allOf: many(400, (n) => ({ pattern: `a{${n}}b` })) }, LETTERS),
  'format email': bomb({ format: 'email' }, [`a@${'a'.repeat(200_000)}!`]),
  'format uri': bomb({ format: 'uri' }, [`http://${'a:@'.repeat(60_000)}`]),
  'format url': bomb({ format: 'url' }, [`http://${'a-'.repeat(100_000)}`]),
  'format uri-template': bomb({ format: 'uri-template' }, ['{a,'.repeat(60_000)]),
  'format regex': bomb({ format: 'regex' }, ['(a|'.repeat(60_000)]),
  'format date-time': bomb({ format: 'date-time' }, [' '.repeat(200_000), 't'.repeat(50_000)]),
  'format time': bomb({ format: 'time' }, [`00:00:00.${'0'.repeat(200_000)}!`]),
  'format duration': bomb({ format: 'duration' }, [`P${'1'.repeat(200_000)}`]),
  'format hostname': bomb({ format: 'hostname' }, ['a.'.repeat(100_000)]),
  'format ipv6': bomb({ format: 'ipv6' }, ['1:'.repeat(100_000)]),
  'format json-pointer': bomb({ format: 'json-pointer' }, ['/a'.repeat(100_000)]),
  'format byte': bomb({ format: 'byte' }, ['a='.repeat(100_000)]),
  items: bomb(
    { items: { items: { items: { type: 'null' } } } },
    many(15_000, () => [[[0]]]),
  ),
  prefixItems: bomb(
    { prefixItems: many(600, () => ({ type: 'null' })) },
    many(60, () => ZEROS.slice(0, 2_000)),
  ),
  contains: { schema: { allOf: many(300, (n) => ({ contains: { const: n + 1 } })) }, data: ZEROS },
  'minContains, maxContains': {
    schema: { allOf: many(300, () => ({ contains: true, minContains: 60_001 })) },
    data: ZEROS,
  },
  uniqueItems: { schema: { uniqueItems: true }, data: OBJECTS },
  'uniqueItems of lists': { schema: { uniqueItems: true }, data: many(28_000, (n) => [n]) },
  properties: bomb(
    { properties: members(600, () => ({ type: 'null' })) },
    many(25, () => members(900, (n) => n)),
  ),
  patternProperties: bomb(
    { patternProperties: { '^(k+)+$': false, ...members(500, () => false) } },
    many(20, () => members(900, (n) => n)),
  ),
  additionalProperties: bomb(
    { properties: members(500, () => true), additionalProperties: false },
    many(20, (n) => ({ [`${'x'.repeat(50)}${n}`]: 1, ...members(900, (m) => m) })),
  ),
  propertyNames: bomb({ propertyNames: { allOf: many(400, () => ({ maxLength: 0 })) } }, [
    members(9_000, () => 0),
  ]),
  unevaluatedProperties: bomb(
    {
      anyOf: many(500, (n) => ({ properties: { [`k${n}`]: true } })),
      unevaluatedProperties: false,
    },
    many(20, () => members(900, (n) => n)),
  ),
  unevaluatedItems: bomb(
    {
      anyOf: many(500, (n) => ({ prefixItems: many(n % 7, () => true) })),
      unevaluatedItems: false,
    },
    many(30, () => ZEROS.slice(0, 4_000)),
  ),
  required: bomb(
    { required: many(1_000, (n) => `r${n}`) },
    many(40_000, () => ({})),
  ),
  dependentRequired: bomb({ dependentRequired: { a: many(1_000, (n) => `r${n}`) } }, OBJECTS),
  dependentSchemas: bomb(
    { dependentSchemas: { a: { required: many(1_000, (n) => `r${n}`) } } },
    OBJECTS,
  ),
  'minProperties, maxProperties': bomb({ allOf: many(400, () => ({ maxProperties: 1 })) }, OBJECTS),
  '$ref without end': { schema: { $ref: '#' }, data: {} },
  '$ref to the power of two': {
    schema: { items: { allOf: [{ $ref: '#' }, { $ref: '#' }] } },
    data: NESTED,
  },
  $dynamicRef: {
    schema: {
      $dynamicAnchor: 'a',
      items: { anyOf: [{ $dynamicRef: '#a' }, { $dynamicRef: '#a' }, { type: 'null' }] },
    },
    data: NESTED,
  },
  'many $defs': bomb({
    $defs: members(500, () => ({ $ref: '#/$defs/k0' })),
    $ref: '#/$defs/k499',
  }),
  $anchor: bomb({ $defs: members(500, (n) => ({ $anchor: `a${n}` })), $ref: '#a1' }),
  $id: bomb({ $defs: members(500, (n) => ({ $id: `https://example.com/${n}` })) }),
  annotations: bomb({ title: 'x'.repeat(60_000), default: many(4_000, () => 0) }),
  'content*': bomb(
    { contentMediaType: 'application/json', contentSchema: { type: 'null' } },
    LETTERS,
  ),
}

/** A schema for each item of a value; a list of zeros if it is not said. */
function bomb(items: JsonSchema, data: unknown = ZEROS): Bomb {
  return { schema: { items }, data }
}
