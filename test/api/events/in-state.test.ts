import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DeliveryState } from '../../../src/delivery/types.ts'
import { addDelivery, type Api, startApi } from '../support.ts'

type Page = {
  data: { id: string; state: string | null; counts: Record<string, number>; delivered: boolean }[]
  page: { next: string | null; prev: string | null }
}

let api: Api
beforeAll(async () => {
  api = await startApi()
  await addEvent('all', ['delivered', 'delivered'])
  await addEvent('some', ['delivered', 'failed'])
  await addEvent('tried', ['failed', 'retrying', 'failed'])
  await addEvent('begun', ['failed'], 1)
  await addEvent('none', [])
  await addEvent('left', ['delivered', 'skipped'])
})
afterAll(() => api.stop())

let added = 0
/** An event whose deliveries are in these states, and `waiting` more that have no row yet. All rows are of one moment. */
async function addEvent(id: string, states: DeliveryState[], waiting = 0): Promise<void> {
  added += 1
  const receivedAt = new Date(Date.UTC(2026, 0, 1, 0, 0, added))
  const webhooks = Array.from({ length: states.length + waiting }, (_, n) => `wh-${n}`)
  const rest = { type: `t.${id.length}`, data: '1', hash: 'h', workflow: 'w', delivered: false }
  const key = { _id: `default/${id}`, tenant: 'default', id }
  await api.models.events.create({ ...key, ...rest, webhooks, receivedAt })
  for (const [n, state] of states.entries())
    await addDelivery(api.models, {
      _id: `dlv_${id}_${n}`,
      event: id,
      webhook: `wh-${n}`,
      state,
      createdAt: receivedAt,
    })
}

async function list(query: string): Promise<Page> {
  const { status, json, text } = await api.call('GET', `/v1/events?${query}`)
  expect(status, text).toBe(200)
  return json as Page
}
const idsOf = ({ data }: Page) => data.map(({ id }) => id)

describe('an event of a list', () => {
  it('has the state of its least finished delivery, and how many are in each', async () => {
    const { data } = await list('')
    expect(data.map(({ id, state, counts }) => [id, state, counts])).toEqual([
      ['left', 'skipped', { delivered: 1, skipped: 1 }],
      ['none', null, {}],
      ['begun', 'pending', { failed: 1, pending: 1 }],
      ['tried', 'retrying', { failed: 2, retrying: 1 }],
      ['some', 'failed', { delivered: 1, failed: 1 }],
      ['all', 'delivered', { delivered: 2 }],
    ])
    expect(data.filter(({ delivered }) => delivered).map(({ id }) => id)).toEqual([
      'left',
      'some',
      'all',
    ])
  })

  it.each([
    ['state=failed', ['some']],
    ['state=delivered', ['all']],
    ['state=retrying,failed', ['tried', 'some']],
    ['state=failed,delivered', ['some', 'all']],
    ['state=failed,delivered&type=t.3', ['all']],
    ['state=failed,delivered&webhook=wh-9', []],
    ['state=held', []],
    ['state=skipped,retrying&from=2026-01-01T00:00:04Z', ['left']],
  ])('is found by %s', async (query, ids) => {
    expect(idsOf(await list(query))).toEqual(ids)
  })

  it('that has several deliveries in a state is on one page only, whichever way', async () => {
    for (let n = 0; n < 5; n++) await addEvent(`wide-${n}`, Array<DeliveryState>(90).fill('held'))
    const query = 'state=held&limit=1'
    let page = await list(query)
    const seen = idsOf(page)
    while (page.page.next) {
      page = await list(`${query}&cursor=${page.page.next}`)
      seen.push(...idsOf(page))
    }
    expect(seen).toEqual(['wide-4', 'wide-3', 'wide-2', 'wide-1', 'wide-0'])
    const back: string[] = []
    while (page.page.prev) {
      page = await list(`${query}&cursor=${page.page.prev}`)
      back.push(...idsOf(page))
    }
    expect(back).toEqual(['wide-1', 'wide-2', 'wide-3', 'wide-4'])
  })
})
