import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addDelivery, type Api, startApi } from '../support.ts'

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

const owed = async () => (await api.call('GET', '/v1/stats/owed')).json

describe('what is owed', () => {
  it('is nothing where nothing is on its way', async () => {
    await addDelivery(api.models, { _id: 'dlv_done', state: 'delivered' })
    await addDelivery(api.models, { _id: 'dlv_theirs', state: 'held', tenant: 'acme' })
    const none = { pending: 0, held: 0, retrying: 0, more: false, oldestAt: null }
    expect(await owed()).toEqual(none)
  })

  it('is counted by state, with the time of the oldest', async () => {
    const createdAt = new Date('2026-01-05T09:00:00Z')
    await addDelivery(api.models, { _id: 'dlv_1', state: 'pending' })
    await addDelivery(api.models, { _id: 'dlv_2', state: 'retrying', createdAt })
    await addDelivery(api.models, { _id: 'dlv_3', state: 'retrying' })
    await addDelivery(api.models, { _id: 'dlv_4', state: 'held' })
    expect(await owed()).toEqual({
      pending: 1,
      held: 1,
      retrying: 2,
      more: false,
      oldestAt: createdAt.toISOString(),
    })
  })
})
