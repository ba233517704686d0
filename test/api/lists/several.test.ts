import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DeliveryState } from '../../../src/delivery/types.ts'
import type { EventDocument } from '../../../src/models/event.ts'
import { addDelivery, addWebhook, type Api, startApi } from '../support.ts'

let api: Api
beforeAll(async () => {
  api = await startApi()
  const rows: [DeliveryState, number, string][] = [
    ['failed', 500, 'http_5xx'],
    ['retrying', 404, 'http_4xx'],
    ['delivered', 200, ''],
    ['held', 301, 'redirect_refused'],
  ]
  for (const [index, [state, status, code]] of rows.entries()) {
    const at = new Date(Date.now() - index * 1_000)
    await addDelivery(api.models, {
      _id: `dlv_${index}`,
      state,
      webhook: `wh_${index}`,
      event: `evt_${index}`,
      type: `type.${index}`,
      subject: index < 2 ? 'customer, 42' : 'customer-7',
      createdAt: at,
      lastAttempt: { number: 1, at, outcome: 'failed', status, ...(code && { code }) },
    })
    await api.models.events.create({
      _id: `default/evt_${index}`,
      tenant: 'default',
      id: `evt_${index}`,
      type: `type.${index}`,
      receivedAt: at,
      data: '1',
      hash: 'h',
      workflow: 'w',
      webhooks: [`wh_${index}`, 'wh_all'],
      delivered: false,
    } satisfies EventDocument)
  }
  for (const state of ['active', 'paused', 'disabled'] as const)
    await addWebhook(api.models, { _id: state, state })
})
afterAll(() => api.stop())

async function found(path: string): Promise<string[]> {
  const { status, json, text } = await api.call('GET', path)
  expect(status, text).toBe(200)
  return (json as { data: { id: string }[] }).data.map(({ id }) => id.replace(/^\w+_/, ''))
}

describe('a filter of a list', () => {
  it.each([
    ['state=failed,retrying', ['0', '1']],
    ['webhook=wh_0,wh_3', ['0', '3']],
    ['webhook=wh_0,wh_3&state=held,failed', ['0', '3']],
    ['event=evt_1,evt_2', ['1', '2']],
    ['type=type.2,type.3', ['2', '3']],
    ['statusClass=4xx,5xx', ['0', '1']],
    ['statusClass=4xx,5xx&status=404', ['1']],
    ['statusClass=2xx,3xx', ['2', '3']],
    ['code=redirect_refused,http_4xx', ['1', '3']],
    [`subject=${encodeURIComponent('customer, 42')}`, ['0', '1']],
    ['subject=customer-7&state=held', ['3']],
    ['subject=nobody', []],
    ['state=failed,failed', ['0']],
    ['state=failed&state=held', ['0', '3']],
    ['state=failed,retrying&state=held', ['0', '1', '3']],
  ])('of deliveries: %s', async (query, ids) => {
    expect(await found(`/v1/deliveries?${query}`)).toEqual(ids)
    const { json } = await api.call('GET', `/v1/deliveries/count?${query}`)
    expect(json).toEqual({ count: ids.length, more: false })
  })

  it.each([
    ['type=type.0,type.1', ['0', '1']],
    ['webhook=wh_2', ['2']],
    ['webhook=wh_1,wh_3', ['1', '3']],
    ['webhook=wh_all&type=type.1', ['1']],
    ['webhook=wh_all&delivered=false', ['0', '1', '2', '3']],
    ['webhook=wh_none&delivered=false', []],
  ])('of events: %s', async (query, ids) => {
    expect(await found(`/v1/events?${query}`)).toEqual(ids)
  })

  it('of webhooks: several states', async () => {
    expect((await found('/v1/webhooks?state=paused,disabled')).toSorted()).toEqual([
      'disabled',
      'paused',
    ])
  })

  it('keeps several values from page to page', async () => {
    const first = await api.call('GET', '/v1/deliveries?state=failed,retrying&limit=1')
    const { page } = first.json as { page: { next: string } }
    expect(first.headers.get('link')).toContain('state=failed%2Cretrying')
    const next = `/v1/deliveries?state=failed,retrying&limit=1&cursor=${page.next}`
    expect(await found(next)).toEqual(['1'])
  })

  it.each(['state=failed,lost', 'state=failed,', 'state=failed&state=lost'])(
    'is refused as one parameter: %s',
    async (query) => {
      const { status, json } = await api.call('GET', `/v1/deliveries?${query}`)
      expect(status).toBe(400)
      expect(json).toMatchObject({ errors: [{ pointer: '/query/state' }] })
    },
  )
})
