import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Herald, Json } from '../../support/herald.ts'
import type { Receiver } from '../../support/receiver.ts'
import { Scene } from '../../support/scene.ts'
import { until } from '../../support/until.ts'

const scene = new Scene('rerun')
const { hook, status, ended } = scene
let herald: Herald
beforeAll(async () => {
  herald = await scene.start()
})
afterAll(() => scene.stop())

const once = { retry: { type: 'fixed', interval: '1s', retries: 0 } }
const rerun = (event: string) => herald.call('POST', `/v1/events/${event}/rerun`)
const attemptsOf = (receiver: Receiver, event: string) =>
  receiver.hits
    .filter((hit) => hit.headers['webhook-id'] === event)
    .map((hit) => hit.headers['herald-attempt'])

describe('the rerun of an event', () => {
  it('that failed in a workflow of its own resets it: what is delivered stays, the rest has the same id and bytes', async () => {
    let up = false
    const good = await hook('rerun.a')
    const bad = await hook('rerun.a', once, () => ({ status: up ? 200 : 500 }))
    const event = await herald.event({ type: 'rerun.a' })
    await ended(`event/default/${event}`, 'FAILED')
    up = true
    const answer = await rerun(event)
    expect(answer).toMatchObject({
      status: 202,
      body: { id: event, method: 'reset', workflow: `event/default/${event}` },
    })
    await ended(`event/default/${event}`, 'COMPLETED')
    expect(attemptsOf(good.receiver, event)).toEqual(['1'])
    expect(attemptsOf(bad.receiver, event)).toEqual(['1', '2'])
    const [first, second] = bad.receiver.hits
    expect(second?.body.equals(first?.body ?? Buffer.of())).toBe(true)
    const audit = await herald.call('GET', `/v1/audit?resource=${event}&action=event.rerun`)
    expect(audit.body['data']).toHaveLength(1)
    expect(await rerun(event)).toMatchObject({
      status: 409,
      body: { code: 'nothing_undelivered' },
    })
  })

  it('that shared a group sends only its own undelivered deliveries, in a workflow of their own', async () => {
    let up = false
    const good = await hook('rerun.b')
    const bad = await hook('rerun.b', once, () => ({ status: up ? 200 : 500 }))
    const events = ['group-1', 'group-2'].map((id) => ({ id, type: 'rerun.b', data: {} }))
    await herald.call('POST', '/v1/events/batch', { events })
    const owner = await until(async () => {
      const { body } = await herald.call('GET', '/v1/events/group-1')
      const [delivery] = (body['deliveries'] ?? []) as Json[]
      if (!delivery) return undefined
      const detail = await herald.call('GET', `/v1/deliveries/${String(delivery['id'])}`)
      return String(detail.body['workflow'])
    })
    expect(owner).toMatch(/^events\//)
    await ended(owner, 'FAILED')
    up = true
    const [answer, twice] = await Promise.all([rerun('group-1'), rerun('group-1')])
    expect(answer.body['method']).toBe('rerun')
    expect(answer.body['workflow']).toMatch(/^event\/default\/group-1\/rerun\/\d+$/)
    expect(twice.body['workflow']).toBe(answer.body['workflow'])
    await ended(String(answer.body['workflow']), 'COMPLETED')
    expect(attemptsOf(bad.receiver, 'group-1')).toEqual(['1', '2'])
    expect(attemptsOf(bad.receiver, 'group-2')).toEqual(['1'])
    expect(good.receiver.hits).toHaveLength(2)
    expect(await status(owner)).toBe('FAILED')
  })

  it('whose workflow is gone from Temporal is sent by another one', async () => {
    const { webhook, receiver } = await hook('rerun.c', once, (_hit, n) => ({
      status: n === 1 ? 500 : 200,
    }))
    await herald.event({ type: 'rerun.c' })
    const id = String((await herald.reached(webhook.id, 'failed'))['event'])
    const { events, deliveries } = herald.runtime.models
    const event = await events.findById(`default/${id}`).lean()
    const row = await deliveries.findOne({ event: id }).lean()
    // as after Temporal's retention: on record, and no such workflow
    const workflow = 'event/default/gone'
    await events.create({ ...event, _id: 'default/gone', id: 'gone', workflow })
    await deliveries.create({ ...row, _id: 'dlv_gone', event: 'gone', workflow })
    const answer = await rerun('gone')
    expect(answer.body).toMatchObject({ method: 'rerun', deliveries: ['dlv_gone'] })
    await ended(String(answer.body['workflow']), 'COMPLETED')
    expect(attemptsOf(receiver, 'gone')).toEqual(['2'])
  })

  it('that still waits for its next attempt is tried now, and its own workflow learns of it', async () => {
    const slowly = { retry: { type: 'fixed', interval: '30s', retries: 3 } }
    const { webhook, receiver } = await hook('rerun.d', slowly, (_hit, n) => ({
      status: n === 1 ? 500 : 200,
    }))
    const event = await herald.event({ type: 'rerun.d' })
    await herald.reached(webhook.id, 'retrying')
    const answer = await rerun(event)
    expect(answer.body['method']).toBe('rerun')
    await herald.reached(webhook.id, 'delivered', 10)
    await ended(String(answer.body['workflow']), 'COMPLETED')
    expect(attemptsOf(receiver, event)).toEqual(['1', '2'])
  })

  it('asked for while the webhook is paused sends nothing, and once it is resumed it can be asked for again', async () => {
    const slowly = { retry: { type: 'fixed', interval: '1h', retries: 3 } }
    const { webhook, receiver } = await hook('rerun.f', slowly, (_hit, n) => ({
      status: n === 1 ? 500 : 200,
    }))
    const event = await herald.event({ type: 'rerun.f' })
    await herald.reached(webhook.id, 'retrying')
    await herald.call('POST', `/v1/webhooks/${webhook.id}/pause`)
    const { body } = await rerun(event)
    await ended(String(body['workflow']), 'COMPLETED')
    expect(attemptsOf(receiver, event)).toEqual(['1'])
    await herald.call('POST', `/v1/webhooks/${webhook.id}/resume`)
    expect((await rerun(event)).body['workflow']).toBe(body['workflow'])
    await herald.reached(webhook.id, 'delivered', 10)
    expect(attemptsOf(receiver, event)).toEqual(['1', '2'])
  })

  it('whose workflow was terminated gives what it left open its whole schedule', async () => {
    const slowly = { retry: { type: 'fixed', interval: '1s', retries: 3 } }
    const { webhook, receiver } = await hook('rerun.e', slowly, (_hit, n) => ({
      status: n < 4 ? 500 : 200,
    }))
    const event = await herald.event({ type: 'rerun.e' })
    await herald.reached(webhook.id, 'retrying')
    const handle = herald.client.workflow.getHandle(`event/default/${event}`)
    await until(async () => (await handle.describe()).raw.pendingActivities?.length === 1)
    await handle.terminate('a test')
    const answer = await rerun(event)
    expect(answer.body['method']).toBe('reset')
    await herald.reached(webhook.id, 'delivered')
    expect(attemptsOf(receiver, event).at(-1)).toBe('4')
  })

  it('of which nothing is known is 404; of one that no webhook wanted 409', async () => {
    expect((await rerun('nobody-knows')).status).toBe(404)
    const event = await herald.event({ type: 'rerun.unwanted' })
    await until(async () => (await rerun(event)).status === 409)
  })
})
