import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Herald, type Json, startHerald } from '../support/herald.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'

let herald: Herald
let receiver: Receiver
beforeAll(async () => {
  herald = await startHerald('filter')
  receiver = await startReceiver()
})
afterAll(async () => {
  await herald.stop()
  await receiver.close()
})

describe('CloudEvents and filters, from the request to the receiver', () => {
  it('one that is sent twice arrives once, where the filter wants it; a failing filter blocks nobody', async () => {
    const target = { type: 'http', url: receiver.url }
    const wanted = await herald.webhook({ target, filter: 'data.n == 1', format: 'cloudevents' })
    await herald.webhook({ target, filter: 'data.n == 2' })
    const failing = await herald.webhook({ target, filter: 'data.missing == 1' })
    const sent = { specversion: '1.0', id: 'ce 1', source: '/shop', type: 'a.b', data: { n: 1 } }
    const post = () =>
      herald.call('POST', '/v1/events', sent, { 'content-type': 'application/cloudevents+json' })
    const first = await post()
    expect(first.status).toBe(202)
    await herald.reached(wanted.id, 'delivered')
    expect((await post()).body).toEqual({ ...first.body, duplicate: true })
    expect(receiver.hits.map(({ body }) => JSON.parse(body.toString()) as Json)).toMatchObject([
      { id: 'ce 1', source: '/shop', data: { n: 1 } },
    ])
    const skipped = await herald.reached(failing.id, 'skipped')
    expect(skipped['reason']).toMatchObject({ code: 'filter_error' })
    const shown = await herald.call('GET', `/v1/webhooks/${failing.id}`)
    expect(shown.body['filterError']).toMatchObject({ event: first.body['id'] })
    const event = await herald.call('GET', `/v1/events/${String(first.body['id'])}`)
    expect(event.body).toMatchObject({ source: '/shop', cloudEventId: 'ce 1', delivered: true })
    const id = String(skipped['id'])
    expect((await herald.call('POST', `/v1/deliveries/${id}/redeliver`)).status).toBe(202)
    await herald.reached(failing.id, 'delivered')
    expect(receiver.hits).toHaveLength(2)
  })
})
