import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addDelivery, type Api, startApi } from '../support.ts'

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second))
const iso = (second: number) => at(second).toISOString()

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

async function addEvent(id: string, webhooks: string[]): Promise<void> {
  const rest = { type: 'a.b', data: '1', hash: 'h', workflow: 'w', delivered: false, webhooks }
  const key = { _id: `default/${id}`, tenant: 'default', id }
  await api.models.events.create({ ...key, ...rest, receivedAt: at(0) })
}
const stages = async (id: string) =>
  ((await api.call('GET', `/v1/events/${id}`)).json as { stages: unknown }).stages

it('an event shows a delivery as pending whose first attempt is under way and that has no row yet', async () => {
  await addEvent('under-way', ['wh-1', 'wh-2'])
  await addDelivery(api.models, { _id: 'dlv_3', event: 'under-way', state: 'failed' })
  const { json } = await api.call('GET', '/v1/events/under-way')
  const { deliveries } = json as { deliveries: { webhook: string; state: string }[] }
  expect(deliveries.map(({ webhook, state }) => [webhook, state])).toEqual([
    ['wh-1', 'failed'],
    ['wh-2', 'pending'],
  ])
})

describe('the stages of an event', () => {
  it('are its arrival, its first delivery, its first attempt and its last answer', async () => {
    await addEvent('two', ['wh-1', 'wh-2'])
    const answered = { outcome: 'failed' as const, totalMs: 1_000 }
    const first = { number: 2, at: at(6), status: 503, ...answered }
    const second = { number: 1, at: at(4), status: 200, ...answered }
    await addDelivery(api.models, {
      _id: 'dlv_1',
      event: 'two',
      createdAt: at(1),
      firstAttemptAt: at(3),
      lastAttempt: first,
    })
    await addDelivery(api.models, {
      _id: 'dlv_2',
      event: 'two',
      createdAt: at(2),
      firstAttemptAt: at(4),
      lastAttempt: second,
    })
    expect(await stages('two')).toEqual({
      trigger: { at: iso(0) },
      prepare: { at: iso(1) },
      transmit: { at: iso(3) },
      response: { at: iso(7), status: 503 },
    })
  })

  it('end with the trigger where no webhook matched', async () => {
    await addEvent('none', [])
    expect(await stages('none')).toEqual({
      trigger: { at: iso(0) },
      prepare: { at: null },
      transmit: { at: null },
      response: { at: null, status: null },
    })
  })
})
