import type { Route } from '../../../src/api/http/route.ts'
import { FILTER_BOMBS } from './filter-bombs.ts'
import { SCHEMA_BOMBS } from './schema-bombs.ts'

const MAX = 262_000
const many = <Item>(length: number, item: (n: number) => Item) =>
  Array.from({ length }, (_, n) => item(n))
const members = (length: number, name: (n: number) => string, value: unknown = 0) =>
  Object.fromEntries(many(length, (n) => [name(n), value]))
const nested = (levels: number): unknown => (levels === 0 ? 0 : { a: [nested(levels - 1)] })

/** What somebody may put in the place of any value. */
const HUGE: Record<string, unknown> = {
  'a long list': many(130_000, () => 0),
  'a list of objects': many(20_000, () => ({ a: 0 })),
  'many members': members(9_900, (n) => `member_${n}`),
  'a long text': 'a'.repeat(MAX),
  'spaces and signs': ' \u0000<&"\\'.repeat(20_000),
  'a deep value': nested(31),
}

/** The largest bodies that a route may be sent, as text by a name: unknown names, and its example with one member blown up. */
export function worstBodies(route: Pick<Route, 'method' | 'path' | 'example'>): [string, string][] {
  const { example } = route
  const own = OWN[`${route.method.toUpperCase()} ${route.path}`] ?? {}
  const known = isObject(example) ? Object.keys(example) : ['id', 'type', 'data', 'name']
  const bodies: [string, unknown][] = [
    ['unknown names', members(20_000, (n) => `k${n}`)],
    [
      'unknown names that are nearly known',
      members(9_900, (n) => `${known[n % known.length]}${n % 10}${'x'.repeat(n % 3)}${n}`),
    ],
    ['unknown names of the same length', nearNames(known)],
    ['long unknown names', members(500, (n) => `${n}${'x'.repeat(500)}`)],
    ...Object.entries(HUGE),
    ...blownUp(example).map(([at, body]): [string, unknown] => [`the example with ${at}`, body]),
    ...Object.entries(own).map(([name, make]): [string, unknown] => [name, make()]),
  ]
  return bodies.map(([name, body]) => [
    name,
    typeof body === 'string' && body.startsWith('{') ? body : JSON.stringify(body),
  ])
}

/** Names that are one edit away from a known one. */
function nearNames(known: readonly string[]): Record<string, number> {
  const near = known.flatMap((name) =>
    many(name.length, (at) =>
      many(26, (n) => name.slice(0, at) + String.fromCharCode(97 + n) + name.slice(at + 1)),
    ).flat(),
  )
  return Object.fromEntries(near.slice(0, 9_000).map((name) => [name, 0]))
}

/** The example with one of its members, at one or two levels, replaced by each huge value. */
function blownUp(example: unknown): [string, unknown][] {
  if (!isObject(example)) return []
  return Object.entries(example).flatMap(([key, value]) => {
    const here = Object.entries(HUGE).map(([name, huge]): [string, unknown] => [
      `${name} as ${key}`,
      { ...example, [key]: huge },
    ])
    const below = blownUp(value).map(([at, inner]): [string, unknown] => [
      `${at} of ${key}`,
      { ...example, [key]: inner },
    ])
    return [...here, ...below]
  })
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const openapi = (webhooks: object, components: object = {}) => ({
  openapi: '3.1.0',
  webhooks,
  components,
})
const typeOf = (schema: unknown, example?: unknown) => ({
  post: { requestBody: { content: { 'application/json': { schema, example } } } },
})
const bombs = Object.values(SCHEMA_BOMBS).map(({ schema }) => schema)
const webhook = { name: 'n', events: ['*'], target: { type: 'http', url: 'https://example.com/' } }

/** What is the worst for one route only. */
const OWN: Record<string, Record<string, () => unknown>> = {
  'POST /v1/event-types/import': {
    'a thousand types': () =>
      openapi(Object.fromEntries(many(1_000, (n) => [`t${n}`, typeOf({ type: 'object' })]))),
    'more types than may be': () =>
      openapi(Object.fromEntries(many(20_000, (n) => [`t${n}`, { post: {} }]))),
    'costly schemas': () =>
      openapi(Object.fromEntries(many(bombs.length, (n) => [`t${n}`, typeOf(bombs[n])]))),
    'components that all use': () =>
      openapi(
        Object.fromEntries(
          many(900, (n) => [`t${n}`, typeOf({ $ref: '#/components/schemas/c0' })]),
        ),
        {
          schemas: Object.fromEntries(
            many(4_000, (n) => [
              `c${n}`,
              { items: { $ref: `#/components/schemas/c${n + 1}` }, enum: many(5, (m) => m) },
            ]),
          ),
        },
      ),
    'a large document': () =>
      openapi(
        Object.fromEntries(
          many(900, (n) => [
            `t${n}`,
            { post: { description: 'x'.repeat(1_900), x: many(60, () => ({ a: 'b' })) } },
          ]),
        ),
      ),
    'wrong types': () => openapi(Object.fromEntries(many(40_000, (n) => [`t${n}`, 0]))),
  },
  'PUT /v1/event-types/{name}': Object.fromEntries(
    Object.entries(SCHEMA_BOMBS).map(([name, { schema, data }]) => [
      `a schema with ${name}`,
      () => ({ schema, example: JSON.stringify(data).length < 60_000 ? data : undefined }),
    ]),
  ),
  'POST /v1/events': {
    'what nothing fits': () => ({ type: 'bomb', data: many(60_000, () => 0) }),
    'an unknown type': () => ({ type: `typ${'x'.repeat(60)}`, data: 0 }),
    'many members': () => ({ type: 'free', data: members(9_900, (n) => `k${n}`, { a: 0 }) }),
  },
  'POST /v1/events/batch': {
    'more events than may be': () => many(100_000, () => 0),
    '500 of unknown types': () =>
      many(500, (n) => ({ type: `typ_${n}${'x'.repeat(50)}`, data: 0 })),
    '500 that do not fit': () => many(500, () => ({ type: 'small', data: many(400, () => 0) })),
    '500 that threads check': () => many(500, () => ({ type: 'bomb', data: many(100, () => 0) })),
    '500 with a wrong member': () => ({
      events: many(500, (n) => ({ type: 'free', data: 0, dta: n })),
    }),
  },
  'POST /v1/webhooks': {
    'a filter of the longest kind': () => ({ ...webhook, filter: FILTER_BOMBS[15] }),
    'a filter of brackets': () => ({ ...webhook, filter: '['.repeat(1_000) }),
    'a filter of conditions': () => ({ ...webhook, filter: 'true?1:'.repeat(140) }),
    'a filter of dots': () => ({ ...webhook, filter: `data${'.a'.repeat(490)}` }),
    'many wrong patterns': () => ({ ...webhook, events: many(40_000, () => '?') }),
    'many wrong headers': () => ({
      ...webhook,
      target: { ...webhook.target, headers: members(9_000, (n) => `bad name ${n}`) },
    }),
  },
  'POST /v1/webhooks/match': {
    'an event for costly filters': () => ({
      event: {
        type: 'bomb',
        data: { s: 'a'.repeat(80_000), t: 'a'.repeat(40_000), a: many(30_000, () => 0), m: {} },
      },
    }),
  },
  'POST /v1/webhooks/preview': {
    'a large message': () => ({
      target: {
        type: 'slack',
        url: 'https://hooks.slack.com/services/T/B/x',
        template: '{{data.a}}'.repeat(290),
      },
      event: { type: 'free', data: { a: many(100_000, () => 0) } },
    }),
    'a large value': () => ({
      target: webhook.target,
      format: 'raw',
      event: { type: 'free', data: members(9_800, (n) => `k${n}`) },
    }),
  },
  'POST /codec/encode': {
    'many payloads': () => ({
      payloads: many(19_000, () => ({ metadata: { encoding: 'anNvbi9wbGFpbg==' }, data: 'e30=' })),
    }),
    'a large payload': () => ({
      payloads: [{ metadata: { encoding: 'anNvbi9wbGFpbg==' }, data: 'A'.repeat(8_000_000) }],
    }),
  },
  'POST /codec/decode': {
    'many payloads': () => ({
      payloads: many(19_000, () => ({ metadata: { encoding: 'anNvbi9wbGFpbg==' }, data: 'e30=' })),
    }),
    'a large payload': () => ({
      payloads: [{ metadata: { encoding: 'anNvbi9wbGFpbg==' }, data: 'A'.repeat(8_000_000) }],
    }),
  },
}
