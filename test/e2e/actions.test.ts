import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Herald, Json } from '../support/herald.ts'
import { Scene } from '../support/scene.ts'
import { until } from '../support/until.ts'

const scene = new Scene('actions')
const { hook, ended } = scene
let herald: Herald
beforeAll(async () => {
  herald = await scene.start()
})
afterAll(() => scene.stop())

const post = (path: string, body?: unknown, headers?: Record<string, string>) =>
  herald.call('POST', path, body, headers)
const cancel = (delivery: Json) => post(`/v1/deliveries/${String(delivery['id'])}/cancel`)
/** The delivery, once a list has it: a request that has no answer yet is shown after 200 ms. */
const shown = (webhook: string) =>
  until(async () => {
    const delivery = await herald.delivery(webhook)
    return 'id' in delivery ? delivery : undefined
  })
const hourly = { type: 'fixed', interval: '1h', retries: 3 }

describe('cancelling a delivery', () => {
  it('that waits an hour ends it, and its workflow completes within seconds', async () => {
    const { receiver, webhook } = await hook('cancel.wait', { retry: hourly }, () => ({
      status: 500,
    }))
    const event = await herald.event({ type: 'cancel.wait' })
    const delivery = await herald.reached(webhook.id, 'retrying')
    expect((await cancel(delivery)).body).toMatchObject({ state: 'cancelled' })
    await ended(`event/default/${event}`)
    const result = await herald.client.workflow.getHandle(`event/default/${event}`).result()
    expect(result).toMatchObject({ delivered: 0, targets: [{ failed: 0, other: 1 }] })
    expect(receiver.hits).toHaveLength(1)
  })

  it('of a paused webhook ends it, and its workflow does not wait for the resume', async () => {
    const retry = { type: 'fixed', interval: '1s', retries: 20 }
    const { receiver, webhook } = await hook('cancel.paused', { retry }, () => ({ status: 500 }))
    const event = await herald.event({ type: 'cancel.paused' })
    await until(() => receiver.hits.length === 1)
    await post(`/v1/webhooks/${webhook.id}/pause`)
    const workflow = `event/default/${event}`
    const handle = herald.client.workflow.getHandle(workflow)
    await until(async () =>
      (await handle.describe()).raw.pendingActivities?.some(
        (one) => one.activityType?.name === 'awaitResume',
      ),
    )
    expect((await cancel(await herald.delivery(webhook.id))).body).toMatchObject({
      state: 'cancelled',
    })
    await ended(workflow)
  })

  it('of a second round completes the workflow of the redelivery', async () => {
    const { webhook } = await hook('cancel.again', { retry: hourly }, (_hit, n) => ({
      status: n === 1 ? 200 : 500,
    }))
    await herald.event({ type: 'cancel.again' })
    const delivery = await herald.reached(webhook.id, 'delivered')
    const again = await post(`/v1/deliveries/${String(delivery['id'])}/redeliver`)
    await cancel(await herald.reached(webhook.id, 'retrying'))
    await ended(String(again.body['workflow']))
  })

  it('lets the request that is under way end, and its success counts', async () => {
    const { receiver, webhook } = await hook('cancel.ok', { retry: hourly }, () => ({
      status: 200,
      delayMs: 1_500,
    }))
    const event = await herald.event({ type: 'cancel.ok' })
    expect((await cancel(await shown(webhook.id))).status).toBe(200)
    expect(receiver.hits).toHaveLength(1)
    const delivery = await herald.reached(webhook.id, 'delivered')
    expect(delivery).not.toHaveProperty('reason')
    await ended(`event/default/${event}`)
  })

  it('lets the request that is under way end, and its failure is the last', async () => {
    const { receiver, webhook } = await hook('cancel.bad', { retry: hourly }, () => ({
      status: 500,
      delayMs: 1_500,
    }))
    const event = await herald.event({ type: 'cancel.bad' })
    expect((await cancel(await shown(webhook.id))).status).toBe(200)
    expect(receiver.hits).toHaveLength(1)
    await ended(`event/default/${event}`)
    // the workflow waits for nothing that is cancelled
    await until(async () => {
      const { attempts } = await herald.delivery(webhook.id)
      return (attempts as unknown[]).length === 1
    })
    const delivery = await herald.delivery(webhook.id)
    expect(delivery).toMatchObject({ state: 'cancelled', attempts: [{ status: 500 }] })
  })

  it('can be taken back by a redelivery', async () => {
    const { receiver, webhook } = await hook('cancel.back', { retry: hourly }, (_hit, n) => ({
      status: n === 1 ? 500 : 200,
    }))
    await herald.event({ type: 'cancel.back' })
    const delivery = await herald.reached(webhook.id, 'retrying')
    await cancel(delivery)
    await post(`/v1/deliveries/${String(delivery['id'])}/redeliver`)
    expect(await herald.reached(webhook.id, 'delivered')).not.toHaveProperty('reason')
    expect(receiver.hits).toHaveLength(2)
  })
})

describe('retrying a delivery now', () => {
  it('that fails again uses one attempt of its schedule, and its workflow goes on with the rest', async () => {
    const retry = { type: 'fixed', interval: '3s', retries: 2 }
    const { receiver, webhook } = await hook('now.bad', { retry }, () => ({ status: 500 }))
    const event = await herald.event({ type: 'now.bad' })
    const delivery = await herald.reached(webhook.id, 'retrying')
    const again = await post(`/v1/deliveries/${String(delivery['id'])}/redeliver`)
    await ended(String(again.body['workflow']))
    expect(receiver.hits).toHaveLength(2)
    expect(await herald.delivery(webhook.id)).toMatchObject({ state: 'retrying' })
    await ended(`event/default/${event}`, 'FAILED')
    const [, second, third] = receiver.hits
    expect(receiver.hits).toHaveLength(3)
    expect((third?.at ?? 0) - (second?.answeredAt ?? 0)).toBeGreaterThanOrEqual(2_990)
  })

  it('while its webhook is paused sends nothing, and works once the webhook is resumed', async () => {
    const { receiver, webhook } = await hook('now.paused', { retry: hourly }, (_hit, n) => ({
      status: n === 1 ? 500 : 200,
    }))
    await herald.event({ type: 'now.paused' })
    const delivery = await herald.reached(webhook.id, 'retrying')
    await post(`/v1/webhooks/${webhook.id}/pause`)
    const again = await post(`/v1/deliveries/${String(delivery['id'])}/redeliver`)
    await ended(String(again.body['workflow']))
    expect(receiver.hits).toHaveLength(1)
    await post(`/v1/webhooks/${webhook.id}/resume`)
    await post(`/v1/deliveries/${String(delivery['id'])}/redeliver`)
    await herald.reached(webhook.id, 'delivered')
  })
})

describe('a test of a webhook', () => {
  const wait = { prefer: 'wait=10' }

  it('goes the real way to this webhook alone, whatever its events and filter, and shows what came back', async () => {
    const { receiver, webhook } = await hook('no.such', { filter: 'false' }, () => ({
      status: 200,
      body: 'thanks',
    }))
    const other = await hook('*')
    const { status, body, headers } = await post(
      `/v1/webhooks/${webhook.id}/test`,
      '{"type":"customer_tag_add","data":{"tagId":"a","action":"add","userId":null,"processId":null,"n":12345678901234567890}}',
      wait,
    )
    expect([status, headers.get('preference-applied')]).toEqual([200, 'wait=10'])
    expect(body['result']).toMatchObject({
      id: body['delivery'],
      event: body['event'],
      state: 'delivered',
      test: true,
      attempts: [
        { status: 200, timings: { totalMs: expect.any(Number) }, response: { body: 'thanks' } },
      ],
    })
    const [hit] = receiver.hits
    expect(hit?.headers).toMatchObject({ 'webhook-id': body['event'], 'herald-test': 'true' })
    expect(hit?.body.toString()).toContain('"n":12345678901234567890')
    const event = await herald.call('GET', `/v1/events/${String(body['event'])}`)
    expect(event.body).toMatchObject({ test: true, webhooks: [webhook.id] })
    await ended(`event/default/${String(body['event'])}`)
    expect(other.receiver.hits).toHaveLength(0)
  })

  it('takes the example of the catalogue, also under its name in the guide', async () => {
    const { receiver, webhook } = await hook('no.such')
    const path = `/v1/webhooks/${webhook.id}/test`
    const sent = await post(path, { type: 'ALERT_RESOLVED' })
    expect(sent.status).toBe(202)
    await herald.reached(webhook.id, 'delivered')
    expect(JSON.parse(String(receiver.hits[0]?.body))).toMatchObject({
      type: 'alert_resolved',
      data: { alertName: 'Sanctions list' },
    })
    const none = await post(path, { type: 'of.nobody' })
    expect([none.status, none.body]).toMatchObject([422, { errors: [{ pointer: '/data' }] }])
    const audit = await herald.call('GET', `/v1/audit?resource=${webhook.id}&action=webhook.tested`)
    expect(audit.body['data']).toHaveLength(1)
  })

  it('is retried on the schedule of the webhook', async () => {
    const retry = { type: 'fixed', interval: '500ms', retries: 1 }
    const { receiver, webhook } = await hook('no.such', { retry }, (_hit, n) => ({
      status: n === 1 ? 500 : 200,
    }))
    const sent = await post(`/v1/webhooks/${webhook.id}/test`, { type: 'x', data: 1 }, wait)
    expect(sent.body['result']).toMatchObject({ state: 'retrying', attempts: [{ status: 500 }] })
    await herald.reached(webhook.id, 'delivered')
    expect(receiver.hits).toHaveLength(2)
  })

  it('reaches a paused webhook, which stays paused', async () => {
    const { webhook } = await hook('no.such')
    await post(`/v1/webhooks/${webhook.id}/pause`)
    const sent = await post(`/v1/webhooks/${webhook.id}/test`, { type: 'x', data: 1 }, wait)
    expect(sent.body['result']).toMatchObject({ state: 'delivered' })
    const { body } = await herald.call('GET', `/v1/webhooks/${webhook.id}`)
    expect(body['state']).toBe('paused')
  })

  it('that is redelivered reaches a webhook that is paused and limited', async () => {
    const fields = { rateLimit: { limit: 1, per: '1h' } }
    const { receiver, webhook } = await hook('no.such', fields)
    await post(`/v1/webhooks/${webhook.id}/pause`)
    const sent = await post(`/v1/webhooks/${webhook.id}/test`, { type: 'x', data: 1 }, wait)
    expect(sent.body['result']).toMatchObject({ state: 'delivered' })
    const again = await post(`/v1/deliveries/${String(sent.body['delivery'])}/redeliver`)
    expect(again.status).toBe(202)
    await until(() => receiver.hits.length === 2)
    await ended(String(again.body['workflow']))
    expect(await herald.reached(webhook.id, 'delivered')).toMatchObject({ test: true })
  })
})
