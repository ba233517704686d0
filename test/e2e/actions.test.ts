import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Herald, type Json, startHerald } from '../support/herald.ts'
import { type Answer, type Hit, type Receiver, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'

let herald: Herald
const receivers: Receiver[] = []

beforeAll(async () => {
  herald = await startHerald('actions')
})
afterAll(async () => {
  await herald.stop()
  await Promise.all(receivers.map((one) => one.close()))
})

async function hook(type: string, fields: Json = {}, answer?: (hit: Hit, n: number) => Answer) {
  const receiver = await startReceiver(answer)
  receivers.push(receiver)
  const webhook = await herald.webhook({
    events: [type],
    target: { type: 'http', url: receiver.url, timeout: '10s' },
    ...fields,
  })
  return { receiver, webhook }
}

const post = (path: string, body?: unknown, headers?: Record<string, string>) =>
  herald.call('POST', path, body, headers)
const cancel = (delivery: Json) => post(`/v1/deliveries/${String(delivery['id'])}/cancel`)
const ended = (workflow: string, want = 'COMPLETED', seconds = 10) =>
  until(
    async () => (await herald.client.workflow.getHandle(workflow).describe()).status.name === want,
    { seconds, what: `${workflow} ${want}` },
  )
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
    await until(() => receiver.hits.length === 1)
    expect((await cancel(await herald.delivery(webhook.id))).status).toBe(200)
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
    await until(() => receiver.hits.length === 1)
    expect((await cancel(await herald.delivery(webhook.id))).status).toBe(200)
    await ended(`event/default/${event}`)
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
