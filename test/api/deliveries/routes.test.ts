import { headerPairs } from '../../../src/models/deliveries/attempt.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DeliveryState } from '../../../src/delivery/types.ts'
import { addDelivery, addWebhook, type Api, startApi } from '../support.ts'

type Page = { data: { id: string }[]; page: { next: string | null; prev: string | null } }
const minute = (n: number) => new Date(Date.UTC(2026, 0, 1, 0, n))

let api: Api
beforeAll(async () => {
  api = await startApi({ env: { PUBLIC_URL: 'https://herald.example.com/' } })
  const states: DeliveryState[] = ['delivered', 'failed', 'retrying']
  for (let i = 0; i < 25; i++)
    await addDelivery(api.models, {
      _id: `dlv_${String(i).padStart(2, '0')}`,
      // Pairs share a time, so that the id decides.
      createdAt: minute(Math.floor(i / 2)),
      state: states[i % 3] as DeliveryState,
      type: i % 2 ? 'a.b' : 'c.d',
      attempts: i % 5,
      dueAt: minute(60),
      lastAttempt: {
        number: i % 5,
        at: minute(i),
        outcome: 'failed',
        status: i % 4 === 0 ? 503 : 404,
        code: i % 4 === 0 ? 'http_5xx' : 'http_4xx',
      },
    })
  await addDelivery(api.models, { _id: 'dlv_other', tenant: 'acme' })
})
afterAll(() => api.stop())

async function list(query = ''): Promise<Page> {
  const answer = await api.call('GET', `/v1/deliveries?${query}`)
  expect(answer.status, answer.text).toBe(200)
  return answer.json as Page
}
const idsOf = ({ data }: Page) => data.map(({ id }) => id)
const all = Array.from({ length: 25 }, (_, i) => `dlv_${String(24 - i).padStart(2, '0')}`)

describe('the list of deliveries', () => {
  it('is newest first, and its cursors walk it forth and back', async () => {
    const pages: string[][] = []
    let page = await list('limit=10')
    pages.push(idsOf(page))
    expect(page.page.prev).toBeNull()
    while (page.page.next)
      pages.push(idsOf((page = await list(`limit=10&cursor=${page.page.next}`))))
    expect(pages.flat()).toEqual(all)
    while (page.page.prev) {
      page = await list(`limit=10&cursor=${page.page.prev}`)
      expect(idsOf(page)).toEqual(pages.find(([first]) => first === page.data[0]?.id))
    }
    expect(idsOf(page)).toEqual(pages[0])
  })

  it('links what its failure means and what to do', async () => {
    const [newest] = (await list('limit=1')).data
    expect(newest).toMatchObject({
      links: { help: 'https://herald.example.com/docs/errors#delivery-http_5xx' },
    })
  })

  it('links its pages (RFC 8288) at the public URL', async () => {
    const answer = await api.call('GET', '/v1/deliveries?limit=10&type=a.b')
    const { next } = (answer.json as Page).page
    const url = `https://herald.example.com/v1/deliveries?limit=10&type=a.b&cursor=${next}`
    expect(answer.headers.get('link')).toBe(`<${url}>; rel="next"`)
  })

  it('refuses a cursor of other filters or another tenant', async () => {
    const { page } = await list('limit=10')
    const path = `/v1/deliveries?limit=10&cursor=${page.next}`
    const other = await api.call('GET', `${path}&state=failed`)
    expect([other.status, other.json]).toMatchObject([400, { code: 'cursor_filter_mismatch' }])
    const tenant = await api.call('GET', path, { headers: { 'herald-tenant': 'acme' } })
    expect(tenant.json).toMatchObject({ code: 'cursor_filter_mismatch' })
  })

  it.each<[string, (i: number) => boolean]>([
    ['state=failed', (i) => i % 3 === 1],
    ['type=a.b', (i) => i % 2 === 1],
    ['attempts=3', (i) => i % 5 >= 3],
    ['status=503', (i) => i % 4 === 0],
    ['statusClass=4xx', (i) => i % 4 !== 0],
    ['code=http_5xx', (i) => i % 4 === 0],
    ['status=503&code=http_5xx&state=retrying', (i) => i % 4 === 0 && i % 3 === 2],
    ['from=2026-01-01T00:03:00Z&to=2026-01-01T01:05:00%2B01:00', (i) => i >= 6 && i < 10],
    ['webhook=wh-1&event=evt-1', () => true],
    ['webhook=wh-2', () => false],
  ])('can be filtered by %s', async (query, wanted) => {
    const want = all.filter((id) => wanted(Number(id.slice(4))))
    expect(idsOf(await list(`limit=100&${query}`))).toEqual(want)
  })

  it('tells when the next attempt is due, of open deliveries only', async () => {
    const [open] = (await list('state=retrying&limit=1')).data
    const [done] = (await list('state=failed&limit=1')).data
    expect(open).toHaveProperty('nextAttemptAt', minute(60).toISOString())
    expect(done).not.toHaveProperty('nextAttemptAt')
  })
})

describe('a delivery', () => {
  it('has its attempts, its stages and its workflow', async () => {
    await api.models.events.create({
      _id: 'default/evt-9',
      tenant: 'default',
      id: 'evt-9',
      type: 'a.b',
      receivedAt: minute(0),
      context: '{"big":12345678901234567890}',
      data: '{"n":1.0}',
      hash: 'h',
      workflow: 'ev-9',
      webhooks: ['wh-1'],
      delivered: true,
    })
    const response = { status: 503, headers: { 'x-a': 'b' }, body: 'busy', truncated: false }
    const timings = { dnsMs: null, connectMs: 1, tlsMs: null, ttfbMs: 2, totalMs: 3 }
    const headers = { 'x-b': 'c' }
    const request = { method: 'POST' as const, url: 'https://example.com/' }
    const first = {
      number: 1,
      startedAt: minute(1),
      endedAt: minute(2),
      outcome: 'failed' as const,
      code: 'http_5xx',
      request: { ...request, headers: headerPairs(headers) },
      response: { ...response, headers: headerPairs(response.headers) },
      timings,
    }
    const second = { number: 2, startedAt: minute(3), outcome: 'unknown' as const }
    const row = { event: 'evt-9', createdAt: minute(100), attempts: 2 }
    await addDelivery(api.models, { ...row, _id: 'dlv_one', log: [first, second] })
    const { json } = await api.call('GET', '/v1/deliveries/dlv_one')
    expect(json).toMatchObject({
      attempts: [
        { number: 1, status: 503, code: 'http_5xx', response, timings },
        { number: 2, status: null, outcome: 'unknown' },
      ],
      stages: {
        trigger: { at: minute(0).toISOString() },
        prepare: { at: minute(100).toISOString() },
        transmit: { at: minute(1).toISOString() },
        response: { at: null, status: null },
      },
      links: { temporal: 'http://127.0.0.1:8233/namespaces/default/workflows/ev-1' },
    })
  })

  it.each([199, 200, 201, 450])(
    'of %i attempts shows the newest 200, and when the first began',
    async (count) => {
      const _id = `dlv_many_${count}`
      await addDelivery(api.models, { _id, attempts: count, firstAttemptAt: minute(1) })
      const common = { tenant: 'default', delivery: _id, event: 'evt-1', webhook: 'wh-1' }
      const outcome = 'failed' as const
      const numbers = Array.from({ length: count }, (_, index) => index + 1)
      await api.models.attempts.insertMany(
        numbers.map((number) => ({
          _id: `${_id}/${number}`,
          ...common,
          number,
          startedAt: minute(number),
          outcome,
        })),
      )
      const { json } = await api.call('GET', `/v1/deliveries/${_id}`)
      const { attempts, stages } = json as { attempts: { number: number }[]; stages: unknown }
      expect(attempts.map(({ number }) => number)).toEqual(numbers.slice(-200))
      expect(stages).toMatchObject({ transmit: { at: minute(1).toISOString() } })
    },
  )

  it('shows in its event, whose data keeps its bytes', async () => {
    const answer = await api.call('GET', '/v1/events/evt-9')
    expect(answer.json).toMatchObject({
      status: 'stored',
      delivered: true,
      deliveries: [{ id: 'dlv_one' }],
    })
    expect(answer.text).toContain('"context":{"big":12345678901234567890},"data":{"n":1.0}')
  })

  it('is redelivered: a finished one in a new round, an open one now', async () => {
    await addWebhook(api.models, { _id: 'wh-1' })
    const redeliver = (id: string) =>
      api.call('POST', `/v1/deliveries/${id}/redeliver`, { key: api.keys.operator })
    const finished = await redeliver('dlv_one')
    expect(finished.status).toBe(202)
    expect(finished.json).toEqual({ id: 'dlv_one', workflow: 'redeliver/dlv_one/round-2' })
    expect((await redeliver('dlv_02')).json).toMatchObject({ workflow: 'redeliver/dlv_02/now-3' })
    const by = api.keys.operator.split('_')[1]
    expect(api.redelivered).toMatchObject([
      { delivery: 'dlv_one', tenant: 'default', by, round: 2 },
      { delivery: 'dlv_02', round: 'now' },
    ])
    await api.models.webhooks.updateOne({ _id: 'wh-1' }, { deletedAt: new Date() })
    expect(await redeliver('dlv_one')).toMatchObject({ status: 409 })
    expect(await redeliver('dlv_other')).toMatchObject({ status: 404 })
  })

  it('is cancelled once while it is not finished, by an operator, and audited; its workflow is woken', async () => {
    const carrier = { workflow: 'redeliver/dlv_cancel/round-2', run: 'r' }
    const row = { state: 'retrying', dueAt: minute(60), round: 2, carrier } as const
    await addDelivery(api.models, { _id: 'dlv_cancel', ...row })
    const path = '/v1/deliveries/dlv_cancel/cancel'
    expect((await api.call('POST', path, { key: api.keys.viewer })).status).toBe(403)
    const cancelled = await api.call('POST', path, { key: api.keys.operator })
    expect([cancelled.status, cancelled.json]).toMatchObject([
      200,
      {
        state: 'cancelled',
        reason: { code: 'cancelled', detail: expect.stringContaining('person') },
      },
    ])
    expect(cancelled.json).not.toHaveProperty('nextAttemptAt')
    expect(api.woken).toEqual([carrier.workflow])
    const again = await api.call('POST', path, { key: api.keys.operator })
    expect([again.status, again.json]).toMatchObject([409, { code: 'delivery_finished' }])
    expect((await api.call('POST', '/v1/deliveries/dlv_other/cancel')).status).toBe(404)
    const audit = await api.call('GET', '/v1/audit?resource=dlv_cancel')
    expect(audit.json).toMatchObject({
      data: [{ action: 'delivery.cancelled', before: { state: 'retrying' } }],
    })
  })

  it('of a process_run_end older than 24 h warns that its file URLs have expired', async () => {
    const made = await api.call('POST', '/v1/webhooks', {
      body: { name: 'x', events: ['*'], target: { type: 'http', url: 'https://a.example.com/' } },
    })
    const { id: webhook } = made.json as { id: string }
    const type = 'process_run_end'
    await addDelivery(api.models, { _id: 'dlv_old', webhook, type, createdAt: minute(0) })
    await addDelivery(api.models, { _id: 'dlv_new', webhook, type })
    const warningsOf = async (id: string) => {
      const answer = await api.call('POST', `/v1/deliveries/${id}/redeliver`)
      return (answer.json as { warnings?: unknown }).warnings
    }
    expect(await warningsOf('dlv_old')).toMatchObject([{ code: 'file_urls_expired' }])
    expect(await warningsOf('dlv_new')).toBeUndefined()
  })
})

describe('the list of events', () => {
  it('can be filtered by what became of them', async () => {
    const event = { tenant: 'default', type: 'e', data: '1', hash: 'h', workflow: 'w' }
    const rows: [string, string[], boolean][] = [
      ['yes', ['wh-1'], true],
      ['no', ['wh-1'], false],
      ['nobody', [], false],
    ]
    for (const [id, webhooks, delivered] of rows)
      await api.models.events.create({
        ...event,
        _id: `default/${id}`,
        id,
        subject: `s-${id}`,
        webhooks,
        delivered,
        receivedAt: new Date(),
      })
    const events = async (query: string) =>
      (await api.call('GET', `/v1/events?type=e&${query}`)).json as Page
    expect(idsOf(await events(''))).toEqual(['nobody', 'no', 'yes'])
    expect(idsOf(await events('delivered=true'))).toEqual(['yes'])
    expect(idsOf(await events('delivered=false'))).toEqual(['no'])
    expect((await events('subject=s-nobody')).data).toMatchObject([{ delivered: null }])
  })
})
