import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DeliveryState } from '../../../src/delivery/types.ts'
import { addDelivery, addKey, type Api, startApi } from '../support.ts'

let api: Api
const webhooks: string[] = []

beforeAll(async () => {
  api = await startApi()
  for (const name of ['a', 'b', 'c', 'd']) {
    const target = { type: 'http', url: 'https://example.com/hook' }
    const made = await api.call('POST', '/v1/webhooks', { body: { name, events: ['x'], target } })
    webhooks.push((made.json as { id: string }).id)
  }
})
afterAll(() => api.stop())

/** An event with a delivery for each state, one webhook after another. */
async function addEvent(id: string, states: DeliveryState[]) {
  await api.models.events.create({
    _id: `default/${id}`,
    tenant: 'default',
    id,
    type: 'process_run_end',
    receivedAt: new Date(Date.now() - 25 * 3_600_000),
    data: '{}',
    hash: id,
    workflow: `event/default/${id}`,
    webhooks: webhooks.slice(0, states.length),
    delivered: false,
  })
  for (const [n, state] of states.entries())
    await addDelivery(api.models, {
      _id: `dlv_${id}_${n}`,
      event: id,
      webhook: webhooks[n] ?? String(n),
      state,
      attempts: 3,
      round: 2,
    })
}

const rerun = (id: string, key?: string) =>
  api.call('POST', `/v1/events/${id}/rerun`, key === undefined ? {} : { key })

describe('POST /v1/events/{id}/rerun', () => {
  it('asks for what failed in its next round and for what is open now, and for nothing else', async () => {
    await addEvent('mixed', ['delivered', 'failed', 'retrying', 'skipped'])
    const answer = await rerun('mixed', api.keys.operator)
    expect(answer).toMatchObject({
      status: 202,
      json: { id: 'mixed', deliveries: ['dlv_mixed_1', 'dlv_mixed_2'] },
    })
    expect(api.rerun.at(-1)).toMatchObject({
      workflow: 'event/default/mixed',
      n: '20',
      deliveries: [
        { delivery: 'dlv_mixed_1', round: 3 },
        { delivery: 'dlv_mixed_2', round: 'now' },
      ],
    })
    const codes = (answer.json as { warnings: { code: string }[] }).warnings.map((one) => one.code)
    expect(codes).toHaveLength(1)
  })

  it('is 409 where nothing is undelivered, or only for a webhook that was deleted', async () => {
    await addEvent('done', ['delivered', 'skipped', 'cancelled'])
    expect(await rerun('done')).toMatchObject({
      status: 409,
      json: { code: 'nothing_undelivered' },
    })
    await addEvent('deleted', ['failed'])
    await api.models.webhooks.updateOne(
      { _id: String(webhooks[0]) },
      { $set: { deletedAt: new Date() } },
    )
    expect((await rerun('deleted')).status).toBe(409)
  })

  it('needs the role operator, and knows only events of the tenant', async () => {
    await addEvent('roles', ['delivered', 'failed'])
    expect((await rerun('roles', api.keys.viewer)).status).toBe(403)
    const other = await addKey(api.models, 'operator', { tenant: 'other' })
    expect((await rerun('roles', other)).status).toBe(404)
    expect((await rerun('roles', api.keys.operator)).status).toBe(202)
  })
})
