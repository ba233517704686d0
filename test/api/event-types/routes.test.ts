import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SEED_TYPES } from '../../../src/catalogue/seed-types.ts'
import { insertMissing } from '../../../src/models/event-type.ts'
import { seedCatalogue } from '../../../src/process/setup.ts'
import { type Api, startApi } from '../support.ts'

type EventType = Record<string, unknown> & { name: string; version: number }
type List = { data: EventType[]; page: { next: string | null; prev: string | null } }

let api: Api
beforeAll(async () => {
  api = await startApi()
  await seedCatalogue(api.models, new Date())
})
afterAll(() => api.stop())

const as = (tenant: string) => ({ 'herald-tenant': tenant })
const read = (name: string, headers = {}) =>
  api.call('GET', `/v1/event-types/${encodeURIComponent(name)}`, { headers })
const put = (name: string, body: unknown, headers = {}) =>
  api.call('PUT', `/v1/event-types/${encodeURIComponent(name)}`, { body, headers })
const remove = (name: string, headers = {}) =>
  api.call('DELETE', `/v1/event-types/${name}`, { headers })
const list = async (query = '', headers = {}) =>
  (await api.call('GET', `/v1/event-types${query}`, { headers })).json as List
const audited = async (resource: string, headers = {}) => {
  const answer = await api.call('GET', `/v1/audit?resource=${resource}`, { headers })
  return (answer.json as { data: { action: string; before?: object; after?: object }[] }).data
}
const order = { type: 'object', properties: { total: { type: 'integer' } }, required: ['total'] }

describe('the seed types', () => {
  it.each([
    ['of the tenant that was seeded', {}, 1],
    ['of any other tenant', as('other'), 0],
  ])('are listed with wire name, guide name and status: those %s', async (_n, headers, version) => {
    const { data } = await list('?limit=100', headers)
    const seeds = [...SEED_TYPES.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
    expect(data).toMatchObject(seeds.map((seed) => ({ ...seed, version })))
  })

  it('are paged by name in both directions', async () => {
    for (const headers of [{}, as('other')]) {
      const names: string[] = []
      let query = '?limit=4'
      let page = await list(query, headers)
      for (;;) {
        names.push(...page.data.map(({ name }) => name))
        if (!page.page.next) break
        query = `?limit=4&cursor=${page.page.next}`
        page = await list(query, headers)
      }
      expect(names).toEqual([...SEED_TYPES.keys()].toSorted())
      const back = await list(`?limit=4&cursor=${page.page.prev}`, headers)
      expect(back.data.map(({ name }) => name)).toEqual(names.slice(8, 12))
    }
  })

  it('stay as an admin left them when the set-up runs again', async () => {
    const changed = await put(
      'step_init',
      { description: 'ours', status: 'available' },
      { 'if-match': '"1"' },
    )
    expect([changed.status, changed.headers.get('etag')]).toEqual([200, '"2"'])
    expect((await remove('step_submit', { 'if-match': '"1"' })).status).toBe(204)
    await seedCatalogue(api.models, new Date())
    expect((await read('step_init')).json).toMatchObject({ description: 'ours', version: 2 })
    expect((await read('step_submit')).status).toBe(404)
    expect((await list('?limit=100')).data).toHaveLength(SEED_TYPES.size - 1)
  })

  it('are changed and deleted for one tenant alone', async () => {
    const one = as('one')
    expect((await put('step_init', { description: 'x' }, one)).status).toBe(428)
    const seen = { ...one, 'if-match': '"0"' }
    expect((await put('step_init', { description: 'x' }, seen)).json).toMatchObject({ version: 1 })
    expect((await put('step_init', { description: 'y' }, seen)).status).toBe(412)
    expect((await remove('alert_created', seen)).status).toBe(204)
    expect((await list('', one)).data.map(({ name }) => name)).not.toContain('alert_created')
    expect((await list('', as('two'))).data).toHaveLength(SEED_TYPES.size)
    const entries = await audited('alert_created', one)
    expect(entries).toMatchObject([{ action: 'event_type.deleted', before: { version: 0 } }])
  })
})

describe('an event type', () => {
  it('is created, read, replaced and deleted with ETags', async () => {
    const name = 'shop/order:paid'
    const input = { description: 'Paid', schema: order, example: { total: 3 } }
    const created = await put(name, input)
    expect([created.status, created.headers.get('etag')]).toEqual([201, '"1"'])
    expect(created.headers.get('location')).toBe('/v1/event-types/shop%2Forder%3Apaid')
    expect(created.json).toMatchObject({ name, ...input, status: 'available', version: 1 })
    expect((await read(name, { 'if-none-match': '"1"' })).status).toBe(304)
    expect((await put(name, input)).status).toBe(428)
    expect((await put(name, input, { 'if-match': '"7"' })).status).toBe(412)
    expect((await put(name, input, { 'if-none-match': '*' })).status).toBe(428)
    const replaced = await put(name, { status: 'deprecated' }, { 'if-match': '"1"' })
    expect(replaced.json).toMatchObject({ status: 'deprecated', description: '', version: 2 })
    expect(replaced.json).not.toHaveProperty('schema')
    const path = `/v1/event-types/${encodeURIComponent(name)}`
    expect((await api.call('DELETE', path)).status).toBe(428)
    expect((await api.call('DELETE', path, { headers: { 'if-match': '*' } })).status).toBe(204)
    expect((await read(name)).status).toBe(404)
    expect((await put(name, input, { 'if-match': '"2"' })).status).toBe(412)
    expect((await put(name, input)).json).toMatchObject({ version: 4 })
    const actions = (await audited(encodeURIComponent(name))).map(({ action }) => action)
    expect(actions.toReversed()).toEqual([
      'event_type.created',
      'event_type.changed',
      'event_type.deleted',
      'event_type.created',
    ])
  })

  it('is made by one of two requests at once', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => put('at.once', { schema: order })))
    const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b)
    expect(statuses[0]).toBe(201)
    expect(statuses.slice(1).every((status) => status === 412 || status === 428)).toBe(true)
  })

  it.each([
    ['a schema that is none', { schema: { type: 'strng' } }, '/schema/type'],
    ['a remote $ref', { schema: { $ref: 'https://example.com/x' } }, '/schema/$ref'],
    ['an example that does not fit', { schema: order, example: { total: 'x' } }, '/example/total'],
    ['an unknown field', { schemas: order }, '/schemas'],
  ])('is refused with %s', async (_name, body, pointer) => {
    const answer = await put('bad', body)
    expect(answer.status).toBe(422)
    expect(answer.json).toMatchObject({ code: 'validation_failed' })
    const { errors } = answer.json as { errors: { pointer: string }[] }
    expect(errors.map((error) => error.pointer)).toContain(pointer)
  })

  it('has a name that an event can have, and may be changed by admins only', async () => {
    expect((await put('two words', {})).status).toBe(422)
    const path = '/v1/event-types/x'
    const forbidden = await api.call('PUT', path, { body: {}, key: api.keys.operator })
    expect(forbidden.status).toBe(403)
    expect((await api.call('GET', '/v1/event-types', { key: api.keys.viewer })).status).toBe(200)
  })

  it('keeps the keywords and the order of its schema', async () => {
    const schema = {
      $defs: { z: true, 'a.b': { $comment: '$' } },
      $ref: '#/$defs/a.b',
      $id: 'urn:x:y',
    }
    await put('keywords', { schema })
    const { text } = await read('keywords')
    expect(text).toContain(JSON.stringify(schema))
    const [entry] = await audited('keywords')
    expect(entry?.after).toMatchObject({ schemaJson: JSON.stringify(schema) })
  })

  it('is inserted only where the tenant has none', async () => {
    const type = { name: 'once', description: 'first', status: 'available' as const }
    await insertMissing(api.models.eventTypes, 'default', type, new Date())
    await insertMissing(api.models.eventTypes, 'default', { ...type, description: 'x' }, new Date())
    expect((await read('once')).json).toMatchObject({ description: 'first', version: 1 })
  })
})

describe('export and import', () => {
  const exported = async (headers = {}) =>
    (await api.call('GET', '/v1/event-types/export', { headers })).json as {
      webhooks: Record<string, { post: Record<string, unknown> }>
    }
  const send = (document: unknown, query = '', headers = {}) =>
    api.call('POST', `/v1/event-types/import${query}`, { body: document, headers })

  it('changes nothing in the tenant that it comes from, and makes another one the same', async () => {
    const recursive = { properties: { next: { $ref: '#' }, at: { $ref: '#/$defs/at~1x' } } }
    const schema = { type: 'object', ...recursive, $defs: { 'at/x': { type: 'integer' } } }
    const example = { next: { at: 1 }, at: 2 }
    await put('tree/a.b', { schema, example, guideName: 'TREE', status: 'deprecated' })
    const document = await exported()
    expect(Object.keys(document.webhooks)).toContain('tree/a.b')
    expect(document).toMatchObject({
      openapi: '3.1.0',
      webhooks: { 'tree/a.b': { post: { deprecated: true } } },
    })
    const total = Object.keys(document.webhooks).length
    const same = await send(document)
    expect(same.json).toMatchObject({ created: 0, updated: 0, unchanged: total, changes: [] })

    const copy = as('copy')
    const planned = await send(document, '?dryRun=true', copy)
    const done = await send(document, '', copy)
    expect(planned.json).toEqual({ ...(done.json as object), dryRun: true })
    expect((done.json as { created: number }).created).toBeGreaterThan(0)
    expect((await send(document, '', copy)).json).toMatchObject({ unchanged: total })
    expect((await exported(copy)).webhooks).toMatchObject(document.webhooks)
    const tree = await read('tree/a.b', copy)
    expect(tree.json).toMatchObject({ schema, example, guideName: 'TREE', status: 'deprecated' })
    expect(await audited(encodeURIComponent('tree/a.b'), copy)).toMatchObject([
      { action: 'event_type.imported' },
    ])
  })

  it('takes the components of a foreign document into each schema', async () => {
    const id = { type: 'string', minLength: 2 }
    const document = {
      openapi: '3.1.1',
      info: { title: 'Shop', version: '9' },
      components: {
        schemas: {
          Order: { type: 'object', properties: { id: { $ref: '#/components/schemas/Id' } } },
          Id: id,
        },
      },
      webhooks: {
        'order.new': {
          post: {
            summary: 'New order',
            requestBody: {
              content: { 'application/json': { schema: { $ref: '#/components/schemas/Order' } } },
            },
          },
        },
      },
    }
    expect((await send(document)).json).toMatchObject({ created: 1, updated: 0 })
    expect((await read('order.new')).json).toMatchObject({
      description: 'New order',
      schema: { $ref: '#/$defs/Order', $defs: { Id: id } },
    })
    const { webhooks } = await exported()
    const again = await send({ openapi: '3.1.0', webhooks })
    expect(again.json).toMatchObject({ created: 0, updated: 0 })
  })

  it('stores nothing of a document with a fault, and points at it', async () => {
    const content = (schema: unknown) => ({
      post: { requestBody: { content: { 'application/json': { schema } } } },
    })
    const answer = await send({
      openapi: '3.1.0',
      webhooks: { good: content({}), 'a/b': content({ type: 'x' }), export: { post: {} } },
    })
    expect(answer.status).toBe(422)
    const { errors } = answer.json as { errors: { pointer: string; code: string }[] }
    expect(errors.map(({ pointer }) => pointer)).toEqual(
      expect.arrayContaining([
        '/webhooks/a~1b/post/requestBody/content/application~1json/schema/type',
        '/webhooks/export',
      ]),
    )
    expect((await read('good')).status).toBe(404)
    const deep = `{"openapi":"3.1.0","webhooks":${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}}`
    expect((await send(deep)).json).toMatchObject({ code: 'too_deep' })
    const missing = content({ $ref: '#/components/schemas/None' })
    const lost = await send({ openapi: '3.1.0', webhooks: { lost: missing } })
    expect(lost.json).toMatchObject({
      errors: expect.arrayContaining([expect.objectContaining({ code: 'ref_missing' })]),
    })
  })
})

describe('a type that herald itself makes', () => {
  const name = 'herald.webhook.failing'
  const { name: _name, ...seed } = SEED_TYPES.get(name) ?? { name }

  it('is neither made nor changed', async () => {
    const headers = as('keeper')
    const changed = { ...seed, description: 'mine' }
    for (const [one, body, more] of [
      ['herald.mine', {}, {}],
      [name, changed, { 'if-match': '"0"' }],
      [name, {}, {}],
    ] as const) {
      const { status, json } = await put(one, body, { ...headers, ...more })
      expect([status, json]).toMatchObject([
        422,
        { code: 'type_reserved', errors: [{ pointer: '/path/name' }] },
      ])
    }
    expect((await read(name, headers)).json).toMatchObject({ ...seed, version: 0 })
  })

  it('comes back as it was where it was deleted', async () => {
    const headers = as('remover')
    expect((await remove(name, { ...headers, 'if-match': '"0"' })).status).toBe(204)
    expect((await read(name, headers)).status).toBe(404)
    expect((await put(name, seed, headers)).status).toBe(201)
    expect((await read(name, headers)).json).toMatchObject(seed)
  })

  it('is imported only as it came with herald', async () => {
    const headers = as('importer')
    const { json } = await api.call('GET', '/v1/event-types/export', { headers })
    const document = json as { webhooks: Record<string, unknown> }
    const load = (body: unknown) => api.call('POST', '/v1/event-types/import', { headers, body })
    expect((await load(document)).json).toMatchObject({ created: 0, updated: 0 })
    const other = document.webhooks['customer_tag_add']
    const refused = await load({ ...document, webhooks: { [name]: other, 'herald.x': other } })
    expect([refused.status, refused.json]).toMatchObject([
      422,
      {
        errors: [
          { pointer: `/webhooks/${name}`, code: 'type_reserved' },
          { pointer: '/webhooks/herald.x', code: 'type_reserved' },
        ],
      },
    ])
  })
})
