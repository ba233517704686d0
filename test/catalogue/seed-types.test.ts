import { describe, expect, it } from 'vitest'
import { checkType } from '../../src/catalogue/check-type.ts'
import { compileSchema } from '../../src/catalogue/compiled-schema.ts'
import { PreparedSchema } from '../../src/catalogue/prepared-schema.ts'
import { SEED_TYPES } from '../../src/catalogue/seed-types.ts'
import type { JsonSchema } from '../../src/catalogue/types.ts'

const types = [...SEED_TYPES.values()]
const ofTheGuide = types.filter(({ guideName }) => guideName !== undefined)
const faults = (name: string, data: unknown) =>
  compileSchema(SEED_TYPES.get(name)?.schema ?? {})(data).map(
    ({ pointer, detail }) => `${pointer} ${detail}`,
  )

describe('the seed catalogue', () => {
  it('has the ten types of the guide, with their names on the wire and their status', () => {
    expect(ofTheGuide.map(({ name, guideName, status }) => [guideName, name, status])).toEqual([
      ['PROCESS_RUN_START', 'process_run_start', 'available'],
      ['PROCESS_RUN_END', 'process_run_end', 'available'],
      ['STEP_INIT', 'step_init', 'wip'],
      ['STEP_SUBMIT', 'step_submit', 'wip'],
      ['SERVICE_RUN', 'service_run', 'available'],
      ['ALERT_CREATED', 'alert_created', 'wip'],
      ['ALERT_RESOLVED', 'alert_resolved', 'available'],
      ['CUSTOMER_TAG_ADDED', 'customer_tag_add', 'available'],
      ['CUSTOMER_TAG_REMOVED', 'customer_tag_remove', 'available'],
      ['CUSTOMER_STATUS_CHANGED', 'customer_status_changed', 'available'],
    ])
  })

  it('has what herald tells operators', () => {
    const others = types.filter((type) => !ofTheGuide.includes(type))
    expect(others.map(({ name }) => name)).toEqual([
      'herald.webhook.failing',
      'herald.webhook.disabled',
      'herald.webhook.recovered',
    ])
  })

  it.each(types)('$name: its schema is JSON Schema 2020-12 and its example fits', async (type) => {
    expect(type.schema).toBeDefined()
    expect(type.example).toBeDefined()
    expect(await checkType(type, 'default')).toEqual([])
  })

  it.each(types.filter(({ status }) => status === 'wip'))('$name takes any object', ({ name }) => {
    expect(faults(name, { anything: [1] })).toEqual([])
    expect(faults(name, 'text')).toEqual([' must be object'])
  })

  it.each(types.filter(({ status }) => status === 'available'))(
    '$name needs each of its members',
    ({ name, example }) => {
      const members = Object.keys(example as object).filter((key) => key !== 'createdAt')
      expect(faults(name, {}).toSorted()).toEqual(
        members.map((key) => `/${key} is required`).toSorted(),
      )
    },
  )

  it('takes null where the guide says string or null, and nowhere else', () => {
    const data = { tagId: null, action: 'add', userId: null, processId: null }
    expect(faults('customer_tag_add', data)).toEqual(['/tagId must be string'])
  })

  it('takes the fields of a process one level deep', () => {
    const type = SEED_TYPES.get('process_run_end')
    const { fields, ...rest } = (type?.example ?? {}) as { fields: { children: object[] }[] }
    const [field] = fields
    const leaf = field?.children[0]
    const deep = { ...field, children: [{ ...leaf, children: [leaf] }] }
    expect(faults('process_run_end', { ...rest, fields: [field] })).toEqual([])
    expect(faults('process_run_end', { ...rest, fields: [deep] })).toEqual([
      '/fields/0/children/0/children must NOT have more than 0 items',
    ])
  })
})

describe('checking a schema', () => {
  const check = async (schema: JsonSchema, example?: unknown) => {
    const found = await checkType({ schema, example }, 'default')
    return found.map(({ pointer, code }) => [pointer, code])
  }

  it.each<[string, JsonSchema, string, string]>([
    [
      'a wrong keyword',
      { properties: { a: { minLength: -1 } } },
      '/schema/properties/a/minLength',
      'minimum',
    ],
    [
      'another dialect',
      { $schema: 'http://json-schema.org/draft-07/schema#' },
      '/schema/$schema',
      'schema_dialect',
    ],
    [
      'a remote $ref',
      { properties: { a: { $ref: 'https://example.com/a' } } },
      '/schema/properties/a/$ref',
      'remote_ref',
    ],
    ['a $ref to nothing', { $ref: '#/$defs/none' }, '/schema', 'schema_invalid'],
    ['a pattern that is none', { pattern: '(' }, '/schema', 'schema_invalid'],
    ['endless recursion', { $ref: '#' }, '/schema', 'schema_too_costly'],
    ['more than 64 KiB', { description: 'x'.repeat(65_536) }, '/schema', 'too_big'],
  ])('refuses %s', async (_name, schema, pointer, code) => {
    expect((await check(schema))[0]).toEqual([pointer, code])
  })

  it('takes a member that is called $ref, local references and any annotation', async () => {
    const properties = { $ref: { type: 'string' }, a: { $ref: '#/$defs/a' } }
    const schema = { properties, $defs: { a: { type: 'integer' } }, default: { $ref: 'https://x' } }
    expect(await check({ ...schema, 'x-note': 1 }, { $ref: 'x', a: 1 })).toEqual([])
    expect(await check(schema, { a: 'x' })).toEqual([['/example/a', 'type']])
  })

  it('refuses nesting without end before it recurses', async () => {
    let schema: JsonSchema = {}
    for (let level = 0; level < 5_000; level++) schema = { not: schema }
    expect(await check(schema)).toEqual([['/schema', 'too_deep']])
  })

  it('ends a pattern that backtracks for ever', async () => {
    const schema = new PreparedSchema({ type: 'string', pattern: '^(a+)+$' })
    const budget = { leftMs: 50 }
    const text = JSON.stringify(`${'a'.repeat(50)}!`)
    const found = await schema.faultsOf(text, 'default', budget)
    expect(found).toMatchObject([{ code: 'schema_too_costly' }])
    expect(budget.leftMs).toBeLessThan(1)
    expect(await schema.faultsOf('"a"', 'default', { leftMs: 50 })).toEqual([])
  })

  it('names at most ten places and no value of the event, in a thread as in the event loop', async () => {
    const items = { type: 'string', enum: ['a'] }
    const values = JSON.stringify(Array.from({ length: 30 }, () => 4711))
    for (const schema of [{ items }, { items, uniqueItems: false }]) {
      const found = await new PreparedSchema(schema).faultsOf(values, 'default', { leftMs: 100 })
      expect(found).toHaveLength(10)
      expect(JSON.stringify(found)).not.toContain('4711')
    }
  })
})
