import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Backlog } from '../../../src/activities/match/backlog.ts'
import { matchWebhooks } from '../../../src/activities/match/match-webhooks.ts'
import type { EventEnvelope } from '../../../src/delivery/types.ts'
import { compileFilter } from '../../../src/filter/compile.ts'
import { sha256 } from '../../../src/ids.ts'
import { LaneRows } from '../../../src/models/deliveries/lane-rows.ts'
import { Outbox } from '../../../src/models/deliveries/outbox.ts'
import { DeliveryChanges } from '../../../src/models/deliveries/changes.ts'
import type { WebhookDocument } from '../../../src/models/webhooks/document.ts'
import { current } from '../../support/rows.ts'
import { addKey, type Api, startApi } from '../support.ts'

type Match = { webhook: string; name: string; matches: boolean; reason?: string; detail?: string }
const hook = { name: 'x', events: ['*'], target: { type: 'http', url: 'https://example.com/hook' } }

let api: Api
let outbox: Outbox
beforeAll(async () => {
  api = await startApi()
  outbox = new Outbox(api.models, new DeliveryChanges(api.models))
})
afterAll(() => api.stop())

/** A key of a tenant of its own, so that tests do not see each other's webhooks. */
const tenantKey = (tenant: string) => addKey(api.models, 'admin', { tenant })

async function create(key: string, fields: object): Promise<{ id: string; version: number }> {
  const answer = await api.call('POST', '/v1/webhooks', { key, body: { ...hook, ...fields } })
  expect(answer.status, answer.text).toBe(201)
  return answer.json as { id: string; version: number }
}

async function matches(key: string, event: object): Promise<Match[]> {
  const answer = await api.call('POST', '/v1/webhooks/match', { key, body: { event } })
  expect(answer.status, answer.text).toBe(200)
  return (answer.json as { data: Match[] }).data
}

function envelope(tenant: string, id: string, event: EventInput): EventEnvelope {
  const { context, data, ...rest } = event
  return {
    ...rest,
    tenant,
    id,
    receivedAt: new Date().toISOString(),
    ...(context && { context: JSON.stringify(context) }),
    data: JSON.stringify(data),
    hash: sha256(JSON.stringify(event)),
  }
}

/** The matching alone: what would be sent at once is stored as it is. */
async function deliver(...events: EventEnvelope[]) {
  const begun: Promise<unknown>[] = []
  const unsent = new Set<string>()
  const workflow = `event/${events[0]?.id}`
  const matched = await matchWebhooks({ workflow, events, reset: false }, outbox, {
    now: Date.now,
    begunMs: Date.now(),
    deliveryUrl: () => undefined,
    carrier: { workflow, run: 'run' },
    isRunning: current,
    fanOut: { note: () => undefined },
    backlog: new Backlog(new LaneRows(api.models), 100_000),
    first: {
      begins: true,
      stored: (fresh) => fresh.forEach((one) => unsent.add(one)),
      isUnsent: (one) => unsent.has(one),
      begin: async (rows) =>
        begun.push(...rows.map(({ row }) => api.models.deliveries.create(row()))),
    },
  })
  await Promise.all(begun)
  return matched
}

/** What the worker made of events, by event and webhook, in the words of its rows. */
async function recorded(events: EventEnvelope[]): Promise<Map<string, string>> {
  const { targets } = await deliver(...events)
  const owed = new Set(targets.flatMap(({ deliveries }) => deliveries))
  const ids = events.map(({ id }) => id)
  const rows = await api.models.deliveries.find({ event: { $in: ids } }).lean()
  return new Map(
    rows.map((row) => {
      expect(row.state).toBe(owed.has(row._id) ? 'pending' : 'skipped')
      const word = owed.has(row._id) ? 'matches' : (row.reason?.code ?? '')
      return [`${row.event} ${row.webhook}`, word]
    }),
  )
}

/** The words of the endpoint in those of the rows; no row where there is none. */
const WORDS: Record<string, string> = {
  matches: 'matches',
  filter_error: 'filter_error',
  paused: 'webhook_paused',
  disabled: 'webhook_disabled',
}

type EventInput = {
  type: string
  subject?: string
  reference?: string
  context?: Record<string, unknown>
  data: unknown
}
const status = fc.constantFrom('high_risk', 'low', '', 5, null, true)
const eventArbitrary: fc.Arbitrary<EventInput> = fc.record(
  {
    type: fc.constantFrom('order.paid', 'order.sent', 'user.new', 'x'),
    subject: fc.constantFrom('s1', 's2'),
    reference: fc.constantFrom('r1', 'r2'),
    context: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue(), { maxKeys: 3 }),
    data: fc.oneof(
      fc.record(
        {
          status,
          n: fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })),
          tags: fc.array(fc.constantFrom('a', 'b', 'c', 1), { maxLength: 4 }),
          more: fc.jsonValue({ maxDepth: 3 }),
        },
        { requiredKeys: [] },
      ),
      fc.jsonValue({ maxDepth: 4 }),
    ),
  },
  { requiredKeys: ['type', 'data'] },
)
const path = fc.constantFrom(
  'data.status',
  'data.n',
  'data.more',
  'data.more.x',
  'context.a',
  'subject',
  'reference',
  'type',
  'data',
)
const literal = fc.constantFrom(
  "'high_risk'",
  "'order.paid'",
  "'s1'",
  '5',
  '0.5',
  'true',
  'null',
  '[1, 2]',
)
const atom = fc.oneof(
  fc.tuple(path, fc.constantFrom('==', '!=', '<', '>=', 'in'), literal).map((all) => all.join(' ')),
  fc.constantFrom(
    'has(data.status)',
    'has(data.more.x)',
    'has(context.b)',
    "data.tags.exists(t, t == 'a')",
    "data.tags.all(t, t != 'b' && type != 'x')",
    "data.tags.filter(t, t == 'c').size() == 1",
    "type.startsWith('order')",
    'data.more',
    'size(data.tags) > 1',
  ),
)
const filterArbitrary = fc
  .array(fc.tuple(atom, fc.constantFrom(' && ', ' || ', ' && !')), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.map(([one, link], at) => (at === 0 ? '' : link) + `(${one})`).join(''))

describe('POST /v1/webhooks/match', () => {
  it('agrees with the worker over 1,000 random events and filters', async () => {
    const key = await tenantKey('random')
    const patterns = [['*'], ['order.*'], ['user.new', 'x']]
    const states = [undefined, undefined, 'paused', undefined, 'disabled'] as const
    const { id } = await create(key, {})
    const template = (await api.models.webhooks.findById(id).lean()) as WebhookDocument
    const words = new Set<string>()
    let count = 0
    const property = fc.asyncProperty(
      fc.array(filterArbitrary, { minLength: 10, maxLength: 10 }),
      fc.array(eventArbitrary, { minLength: 10, maxLength: 10 }),
      async (filters, events) => {
        await api.models.webhooks.deleteMany({ tenant: 'random' })
        const webhooks = filters
          .filter((text) => compileFilter(text).ok)
          .map((filter, at) => ({
            ...template,
            _id: `wh_random${at}`,
            filter,
            events: patterns[at % 3] ?? [],
            state: states[at % 5] ?? ('active' as const),
          }))
        await api.models.webhooks.insertMany(webhooks)
        const ids = webhooks.map(({ _id }) => _id)
        const envelopes = events.map((event, at) => envelope('random', `e${count + at}`, event))
        count += events.length
        const made = await recorded(envelopes)
        for (const [at, event] of events.entries()) {
          const verdicts = await matches(key, event)
          expect(verdicts.map(({ webhook }) => webhook).toSorted()).toEqual(ids.toSorted())
          for (const verdict of verdicts) {
            const word = verdict.matches ? 'matches' : (verdict.reason ?? '')
            words.add(word)
            expect(made.get(`${envelopes[at]?.id} ${verdict.webhook}`)).toBe(WORDS[word])
          }
        }
      },
    )
    await fc.assert(property, { numRuns: 100, endOnFailure: true })
    expect(count).toBeGreaterThanOrEqual(1_000)
    const all = ['disabled', 'filter_error', 'filter_false', 'matches', 'paused', 'type_not_listed']
    expect([...words].toSorted()).toEqual(all)
  }, 300_000)

  it('says why a webhook would not get the event', async () => {
    const key = await tenantKey('why')
    await create(key, { name: 'gets it', filter: "data.status == 'high_risk'" })
    await create(key, { name: 'other type', events: ['b.*'] })
    await create(key, { name: 'false', filter: 'data.n > 5' })
    await create(key, { name: 'fails', filter: 'data.missing == 1' })
    await create(key, { name: 'paused', state: 'paused' })
    const found = await matches(key, { type: 'a.b', data: { status: 'high_risk', n: 1 } })
    expect(found.map(({ name, reason }) => [name, reason])).toEqual([
      ['gets it', undefined],
      ['other type', 'type_not_listed'],
      ['false', 'filter_false'],
      ['fails', 'filter_error'],
      ['paused', 'paused'],
    ])
    expect(found[3]?.detail).toContain('No such key: missing')
    expect(api.ingest.accepted).toEqual([])
  })

  it('is for viewers, and shows only the webhooks of the tenant', async () => {
    const key = await addKey(api.models, 'viewer', { tenant: 'empty' })
    expect(await matches(key, { type: 'a', data: 1 })).toEqual([])
    const body = { event: { type: 'a', data: 1 } }
    const ingest = await api.call('POST', '/v1/webhooks/match', { key: api.keys.ingest, body })
    expect(ingest.status).toBe(403)
  })

  it.each([
    [{}, '/event'],
    [{ event: { data: 1 } }, '/event/type'],
    [{ event: { type: 'a', data: 1, tpye: 1 } }, '/event/tpye'],
    [{ evnt: { type: 'a', data: 1 } }, '/evnt'],
  ])('refuses %j with a pointer', async (body, pointer) => {
    const answer = await api.call('POST', '/v1/webhooks/match', { body })
    expect(answer.status).toBe(422)
    expect(answer.json).toMatchObject({ errors: [{ pointer }] })
  })
})

describe('the filter of a webhook', () => {
  it('is checked when it is saved, with the place of the fault', async () => {
    const body = { ...hook, filter: "data.status = 'x'" }
    const answer = await api.call('POST', '/v1/webhooks', { body })
    expect(answer.status).toBe(422)
    const detail = 'Unexpected character: = (at character 13: “=”)'
    expect(answer.json).toMatchObject({
      errors: [{ pointer: '/filter', detail, code: 'filter_invalid' }],
    })
    const { id } = await create(api.keys.admin, { filter: 'data.n == 1' })
    const headers = { 'if-match': '*' }
    const patch = { filter: 'data.n ==' }
    const bad = await api.call('PATCH', `/v1/webhooks/${id}`, { body: patch, headers })
    expect(bad.json).toMatchObject({ status: 422, errors: [{ pointer: '/filter' }] })
    const gone = await api.call('PATCH', `/v1/webhooks/${id}`, { body: { filter: null }, headers })
    expect(gone.status).toBe(200)
    expect(gone.json).not.toHaveProperty('filter')
    expect((await api.models.webhooks.findById(id).lean())?.filter).toBeUndefined()
  })

  it('that fails blocks nobody: the event is skipped for it, and the webhook shows it', async () => {
    const key = await tenantKey('fails')
    const bad = await create(key, { filter: 'data.missing == 1' })
    const good = await create(key, { filter: 'data.n == 1' })
    const event = envelope('fails', 'evt-fails', { type: 'a.b', data: { n: 1 } })
    const result = await deliver(event)
    expect(result.targets.map(({ webhook }) => webhook)).toEqual([good.id])
    expect(result.skipped).toBe(1)
    const row = await api.models.deliveries.findOne({ webhook: bad.id }).lean()
    expect(row).toMatchObject({ state: 'skipped', reason: { code: 'filter_error' } })
    const shown = await api.call('GET', `/v1/webhooks/${bad.id}`, { key })
    expect(shown.json).toMatchObject({
      version: bad.version,
      filterError: { event: 'evt-fails', detail: 'The filter failed: No such key: missing.' },
    })
    const again = await deliver(event)
    expect(again.targets).toEqual(result.targets)
    const sent = await api.call('POST', `/v1/deliveries/${row?._id}/redeliver`, { key })
    expect(sent.status).toBe(202)
  })

  it('shows no error of the filter before once it is changed', async () => {
    const key = await tenantKey('changed')
    const { id } = await create(key, { filter: 'data.missing == 1' })
    await deliver(envelope('changed', 'evt-changed', { type: 'a.b', data: {} }))
    const change = (body: object) =>
      api.call('PATCH', `/v1/webhooks/${id}`, { key, body, headers: { 'if-match': '*' } })
    expect((await change({ name: 'y' })).json).toHaveProperty('filterError')
    expect((await change({ filter: 'has(data.missing)' })).json).not.toHaveProperty('filterError')
    const stored = await api.models.webhooks.findById(id).lean<WebhookDocument>()
    expect(stored?.filterError).toBeUndefined()
  })
})

describe('a group of events of two tenants', () => {
  it('is matched whole, though the secrets of a webhook of one of them cannot be read', async () => {
    const tenants = ['locked-tenant', 'other-tenant']
    const [one = '', two = ''] = await Promise.all(tenants.map(tenantKey))
    const [locked, free, other] = [
      await create(one, {}),
      await create(one, {}),
      await create(two, {}),
    ]
    await api.models.webhooks.collection.updateOne(
      { _id: locked.id as never },
      { $set: { 'secrets.0.value': 'v1:no-such-key:AAAA' } },
    )
    const events = tenants.map((tenant) =>
      envelope(tenant, `of-${tenant}`, { type: 'x', data: {} }),
    )
    const { targets } = await deliver(...events)
    const ids = [locked, free, other].map(({ id }) => id)
    expect(targets.map(({ webhook }) => webhook).toSorted()).toEqual(ids.toSorted())
  })
})
