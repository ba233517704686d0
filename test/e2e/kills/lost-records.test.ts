import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Herald } from '../../support/herald.ts'
import type { Hit } from '../../support/receiver.ts'
import { Scene } from '../../support/scene.ts'
import { until } from '../../support/until.ts'

const scene = new Scene('lost_records')
const { hook, status, ended } = scene
let herald: Herald
beforeAll(async () => {
  herald = await scene.start()
})
afterAll(() => scene.stop())

const retry = { type: 'fixed', interval: '2s', retries: 3 }
const failOnce = (_hit: Hit, n: number) => ({ status: n === 1 ? 500 : 200 })

/** As a MongoDB that came back without its last writes: a power cut without a journal, the loss of a primary. */
describe('a MongoDB that lost the record of what Temporal still has', () => {
  it('of a delivery gets it again, and the event is delivered', async () => {
    const { receiver, webhook } = await hook('lost.a', { retry }, failOnce)
    await herald.event({ type: 'lost.a', id: 'lost-a' })
    await herald.reached(webhook.id, 'retrying')
    await herald.runtime.models.deliveries.deleteMany({ webhook: webhook.id })
    await ended('event/default/lost-a', 'COMPLETED')
    expect(await herald.reached(webhook.id, 'delivered')).toMatchObject({ event: 'lost-a' })
    expect(receiver.hits).toHaveLength(2)
  })

  it('of event and delivery gets both again, with the same bytes', async () => {
    const { receiver, webhook } = await hook('lost.b', { retry }, failOnce)
    await herald.event({
      type: 'lost.b',
      id: 'lost-b',
      data: { big: 12345678901234567890n.toString() },
    })
    await herald.reached(webhook.id, 'retrying')
    const { models } = herald.runtime
    await models.deliveries.deleteMany({ webhook: webhook.id })
    await models.events.deleteOne({ _id: 'default/lost-b' })
    await ended('event/default/lost-b', 'COMPLETED')
    const [first, second] = receiver.hits
    expect(second?.body.equals(first?.body ?? Buffer.of())).toBe(true)
    expect((await herald.call('GET', '/v1/events/lost-b')).body).toMatchObject({ delivered: true })
  })

  it('of what waits in a lane gets it again, and the lane sends it', async () => {
    const rateLimit = { limit: 1, per: '2s' }
    const { receiver, webhook } = await hook('lost.c', { rateLimit })
    const events = ['c1', 'c2', 'c3'].map((id) => ({ id: `lost-${id}`, type: 'lost.c', data: {} }))
    await herald.call('POST', '/v1/events/batch', { events })
    await until(() => receiver.hits.length === 1)
    const held = { webhook: webhook.id, state: 'held' as const }
    await until(async () => (await herald.runtime.models.deliveries.countDocuments(held)) === 2)
    await herald.runtime.models.deliveries.deleteMany(held)
    const delivered = { webhook: webhook.id, state: 'delivered' as const }
    await until(
      async () => (await herald.runtime.models.deliveries.countDocuments(delivered)) === 3,
      { seconds: 60 },
    )
    expect(new Set(receiver.hits.map((hit) => hit.headers['webhook-id'])).size).toBe(3)
  }, 90_000)

  it('again and again ends the event as failed, with the reason, where operators look', async () => {
    const { webhook } = await hook('lost.d', { retry: { ...retry, interval: '1s' } }, () => ({
      status: 500,
    }))
    await herald.event({ type: 'lost.d', id: 'lost-d' })
    const { deliveries } = herald.runtime.models
    await until(
      async () => {
        await deliveries.deleteMany({ webhook: webhook.id, lastAttempt: { $exists: true } })
        return (await status('event/default/lost-d')) === 'FAILED'
      },
      { seconds: 60 },
    )
    const failure: unknown = await herald.client.workflow
      .getHandle('event/default/lost-d')
      .result()
      .catch((error: unknown) => (error instanceof Error ? String(error.cause) : ''))
    expect(failure).toContain('ledger_lost')
  }, 90_000)
})
