import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DeliveryState } from '../../../src/delivery/types.ts'
import { addDelivery, type Api, startApi } from '../support.ts'

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

const rows = async (prefix: string, states: DeliveryState[], fields: object = {}) => {
  for (const [index, state] of states.entries())
    await addDelivery(api.models, { _id: `${prefix}_${index}`, state, ...fields })
}

describe('the number of deliveries that a filter chooses', () => {
  it('is the length of the list under the same filter', async () => {
    await rows('dlv_count', ['failed', 'failed', 'delivered'], { type: 'count.me' })
    const count = (query: string) => api.call('GET', `/v1/deliveries/count?${query}`)
    expect((await count('type=count.me')).json).toEqual({ count: 3, more: false })
    expect((await count('type=count.me&state=failed')).json).toEqual({ count: 2, more: false })
    expect((await count('type=nobody')).json).toEqual({ count: 0, more: false })
  })

  it('refuses what the list refuses', async () => {
    expect((await api.call('GET', '/v1/deliveries/count?state=')).status).toBe(400)
    expect((await api.call('GET', '/v1/deliveries/count?limit=1')).status).toBe(400)
  })
})

describe('the tail of deliveries', () => {
  it('brings each new delivery that the filter chooses once, and ends when it is to', async () => {
    const answer = api.call('GET', '/v1/deliveries/tail?type=tail.me&for=3')
    await new Promise((resolve) => setTimeout(resolve, 300))
    const createdAt = new Date()
    await addDelivery(api.models, { _id: 'dlv_tail_1', type: 'tail.me', createdAt })
    await addDelivery(api.models, { _id: 'dlv_tail_2', type: 'tail.other', createdAt })
    const { status, text, headers } = await answer
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('text/event-stream')
    const ids = [...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id)
    expect(ids).toEqual(['dlv_tail_1'])
    const data = /^data: (.*)$/m.exec(text)?.[1] ?? ''
    expect(JSON.parse(data)).toMatchObject({ id: 'dlv_tail_1', type: 'tail.me' })
  })

  it('brings nothing that was there before', async () => {
    const createdAt = new Date(Date.now() - 2_000)
    await addDelivery(api.models, { _id: 'dlv_tail_old', type: 'tail.old', createdAt })
    const { text } = await api.call('GET', '/v1/deliveries/tail?type=tail.old&for=1')
    expect(text).not.toContain('dlv_tail_old')
  })
})

describe('cancelling what a filter chooses', () => {
  const cancel = (filter: object, key?: string) =>
    api.call('POST', '/v1/deliveries/cancel', { body: { filter }, ...(key && { key }) })

  it('ends what is open and leaves what has ended', async () => {
    await rows('dlv_many', ['retrying', 'held', 'delivered', 'failed'], { type: 'cancel.me' })
    expect((await cancel({ type: 'cancel.me' })).json).toEqual({ cancelled: 2, more: false })
    const { json } = await api.call('GET', '/v1/deliveries?type=cancel.me')
    const states = (json as { data: { state: string }[] }).data.map(({ state }) => state)
    expect(states.toSorted()).toEqual(['cancelled', 'cancelled', 'delivered', 'failed'])
    const audit = await api.call('GET', '/v1/audit?action=deliveries.cancelled')
    expect((audit.json as { data: unknown[] }).data).toHaveLength(1)
  })

  it('takes one state only where it is named', async () => {
    await rows('dlv_one', ['retrying', 'held'], { type: 'cancel.one' })
    expect((await cancel({ type: 'cancel.one', state: 'held' })).json).toMatchObject({
      cancelled: 1,
    })
  })

  it('refuses a filter that names nothing, and a state that has ended', async () => {
    expect((await cancel({})).status).toBe(422)
    expect((await cancel({ state: 'delivered' })).status).toBe(422)
  })
})
