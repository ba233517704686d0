import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Herald, Json } from '../support/herald.ts'
import type { Hit } from '../support/receiver.ts'
import { resetToFirstTask } from '../support/reset.ts'
import { Scene } from '../support/scene.ts'
import { until } from '../support/until.ts'

const scene = new Scene('races')
const { hook, ended } = scene
let herald: Herald
beforeAll(async () => {
  herald = await scene.start()
})
afterAll(() => scene.stop())

const idOf = (hit: Hit) => String(hit.headers['webhook-id'])
const once = { type: 'fixed', interval: '1s', retries: 0 }

describe('a reset', () => {
  it('sends only what is not delivered, with the next attempt number, the same id and bytes', async () => {
    let up = false
    const good = await hook('reset.a')
    const bad = await hook('reset.a', { retry: once }, () => ({ status: up ? 200 : 500 }))
    const event = await herald.event({ type: 'reset.a' })
    await ended(`event/default/${event}`, 'FAILED')
    up = true
    await resetToFirstTask(herald, `event/default/${event}`)
    await ended(`event/default/${event}`, 'COMPLETED')
    expect(good.receiver.hits).toHaveLength(1)
    expect(bad.receiver.hits.map((hit) => hit.headers['herald-attempt'])).toEqual(['1', '2'])
    const [first, second] = bad.receiver.hits
    expect(second?.body.equals(first?.body ?? Buffer.of())).toBe(true)
    expect(second && idOf(second)).toBe(event)
  })

  it('while the first attempt is still open waits for its end and sends nothing twice', async () => {
    const { receiver, webhook } = await hook('reset.b', {}, () => ({ status: 200, delayMs: 4_000 }))
    const event = await herald.event({ type: 'reset.b' })
    await until(() => receiver.hits.length === 1)
    await resetToFirstTask(herald, `event/default/${event}`)
    await herald.reached(webhook.id, 'delivered')
    await ended(`event/default/${event}`, 'COMPLETED')
    expect(receiver.hits).toHaveLength(1)
  })

  it('never looks webhooks up again: one that was created after the event gets nothing', async () => {
    const bad = await hook('reset.c', { retry: once }, (_hit, n) => ({
      status: n === 1 ? 500 : 200,
    }))
    const event = await herald.event({ type: 'reset.c' })
    await ended(`event/default/${event}`, 'FAILED')
    const later = await hook('reset.c')
    await resetToFirstTask(herald, `event/default/${event}`)
    await ended(`event/default/${event}`, 'COMPLETED')
    expect(bad.receiver.hits).toHaveLength(2)
    expect(later.receiver.hits).toHaveLength(0)
  })

  it('whose records are gone sends nothing to anybody', async () => {
    const { receiver } = await hook('reset.d', { retry: once }, () => ({ status: 500 }))
    const event = await herald.event({ type: 'reset.d' })
    const workflow = `event/default/${event}`
    await ended(workflow, 'FAILED')
    const { models } = herald.runtime
    await models.events.deleteOne({ _id: `default/${event}` })
    await models.deliveries.deleteMany({ event })
    await resetToFirstTask(herald, workflow)
    await ended(workflow, 'COMPLETED')
    expect(await herald.client.workflow.getHandle(workflow).result()).toMatchObject({ purged: 1 })
    expect(receiver.hits).toHaveLength(1)
  })
})

describe('deliveries that share an activity', () => {
  it('Retry-After moves one of them only, and each keeps its own schedule', async () => {
    const { receiver, webhook } = await hook(
      'due.x',
      { retry: { type: 'fixed', interval: '1s', retries: 1 } },
      (hit) => {
        const again = receiver.hits.filter((one) => idOf(one) === idOf(hit)).length > 1
        if (again) return { status: 200 }
        return idOf(hit) === 'due-slow'
          ? { status: 503, headers: { 'retry-after': '3' } }
          : { status: 503 }
      },
    )
    const events = ['due-slow', 'due-fast'].map((id) => ({ id, type: 'due.x', data: {} }))
    const sent = await herald.call('POST', '/v1/events/batch', { events })
    expect(sent.status).toBe(202)
    await until(() => receiver.hits.length === 4)
    const gap = (id: string) => {
      const [first, second] = receiver.hits.filter((hit) => idOf(hit) === id)
      return (second?.at ?? 0) - (first?.answeredAt ?? 0)
    }
    expect(gap('due-slow')).toBeGreaterThanOrEqual(2_990)
    expect(gap('due-fast')).toBeGreaterThanOrEqual(990)
    expect(gap('due-fast')).toBeLessThan(1_800)
    const list = async () => {
      const query = `/v1/deliveries?webhook=${webhook.id}&state=delivered`
      return (await herald.call('GET', query)).body['data'] as Json[]
    }
    await until(async () => (await list()).length === 2)
  })

  it('a receiver that hangs delays no other: the workflow is marked failed while it is still open', async () => {
    const slow = await hook('mark.x', {}, () => ({ status: 200, delayMs: 6_000 }))
    const failing = await hook('mark.x', { retry: once }, () => ({ status: 500 }))
    const event = await herald.event({ type: 'mark.x' })
    await herald.reached(failing.webhook.id, 'failed')
    const query = `WorkflowId='event/default/${event}' AND ExecutionStatus='Running' AND DeliveryState='failed'`
    await until(async () => (await herald.client.workflow.count(query)).count === 1, { seconds: 5 })
    expect(slow.receiver.hits).toHaveLength(1)
    await herald.reached(slow.webhook.id, 'delivered')
  })
})

describe('a redelivery', () => {
  const redeliver = async (delivery: Json) => {
    const answer = await herald.call('POST', `/v1/deliveries/${String(delivery['id'])}/redeliver`)
    expect(answer.status).toBe(202)
    return String(answer.body['workflow'])
  }

  it('of a delivered one sends the same id and bytes once more on the same row', async () => {
    const { receiver, webhook } = await hook('again.a')
    const event = await herald.event({ type: 'again.a' })
    await ended(await redeliver(await herald.reached(webhook.id, 'delivered')), 'COMPLETED')
    const delivery = await herald.reached(webhook.id, 'delivered')
    expect(receiver.hits.map(idOf)).toEqual([event, event])
    expect(delivery['attempts']).toHaveLength(2)
  })

  it('of a failed one gets a new round of the schedule, and completes though it fails again', async () => {
    const { receiver, webhook } = await hook(
      'again.b',
      { retry: { type: 'fixed', interval: '500ms', retries: 1 } },
      () => ({ status: 500 }),
    )
    await herald.event({ type: 'again.b' })
    const workflow = await redeliver(await herald.reached(webhook.id, 'failed'))
    await ended(workflow, 'COMPLETED')
    expect(receiver.hits.map((hit) => hit.headers['herald-attempt'])).toEqual(['1', '2', '3', '4'])
    expect(await herald.delivery(webhook.id)).toMatchObject({ state: 'failed' })
  })

  it('of an unfinished one means retry now, and its own workflow learns of the success', async () => {
    const { receiver, webhook } = await hook(
      'again.c',
      { retry: { type: 'fixed', interval: '5s', retries: 3 } },
      (_hit, n) => ({ status: n === 1 ? 500 : 200 }),
    )
    const event = await herald.event({ type: 'again.c' })
    const delivery = await herald.reached(webhook.id, 'retrying')
    const asked = Date.now()
    await redeliver(delivery)
    await herald.reached(webhook.id, 'delivered')
    expect(Date.now() - asked).toBeLessThan(3_000)
    await ended(`event/default/${event}`, 'COMPLETED')
    expect(receiver.hits).toHaveLength(2)
  })
})

describe('a webhook that changes while deliveries are open', () => {
  const slowly = { type: 'fixed', interval: '1s', retries: 5 }
  const failing = () => ({ status: 500 })

  it('paused: they wait without using attempts, resumed: they go on', async () => {
    let up = false
    const { receiver, webhook } = await hook('pause.x', { retry: slowly }, () => ({
      status: up ? 200 : 500,
    }))
    await herald.event({ type: 'pause.x' })
    await until(() => receiver.hits.length === 1)
    await herald.call('POST', `/v1/webhooks/${webhook.id}/pause`)
    const query = "ExecutionStatus='Running' AND EventType='pause.x'"
    await until(async () => (await herald.client.workflow.count(query)).count === 1)
    const before = receiver.hits.length
    await until(async () => {
      for await (const info of herald.client.workflow.list({ query })) {
        const described = await herald.client.workflow.getHandle(info.workflowId).describe()
        return described.raw.pendingActivities?.some(
          (one) => one.activityType?.name === 'awaitResume',
        )
      }
      return false
    })
    up = true
    await herald.call('POST', `/v1/webhooks/${webhook.id}/resume`)
    await herald.reached(webhook.id, 'delivered')
    expect(receiver.hits.length).toBeLessThanOrEqual(before + 2)
  })

  it('deleted: they are cancelled', async () => {
    const { receiver, webhook } = await hook('delete.x', { retry: slowly }, failing)
    await herald.event({ type: 'delete.x' })
    await until(() => receiver.hits.length === 1)
    const { headers } = await herald.call('GET', `/v1/webhooks/${webhook.id}`)
    await herald.call('DELETE', `/v1/webhooks/${webhook.id}`, undefined, {
      'if-match': headers.get('etag') ?? '',
    })
    const delivery = await herald.reached(webhook.id, 'cancelled')
    expect(delivery['reason']).toMatchObject({ code: 'webhook_deleted' })
  })

  it('disabled: they fail under the code webhook_disabled', async () => {
    const { receiver, webhook } = await hook('off.x', { retry: slowly }, (_hit, n) => ({
      status: n === 2 ? 410 : 500,
    }))
    await herald.event({ type: 'off.x', id: 'off-1' })
    await until(() => receiver.hits.length === 1)
    await herald.event({ type: 'off.x', id: 'off-2' })
    await until(async () => {
      const { body } = await herald.call('GET', `/v1/webhooks/${webhook.id}`)
      return body['state'] === 'disabled'
    })
    const reasons = async () => {
      const list = await herald.call('GET', `/v1/deliveries?webhook=${webhook.id}&state=failed`)
      return (list.body['data'] as Json[]).map((one) => (one['reason'] as Json)['code'])
    }
    await until(async () => (await reasons()).length === 2)
    expect(new Set(await reasons())).toEqual(new Set(['gone', 'webhook_disabled']))
  })

  it('paused when the event comes: the delivery is on record as skipped, and nothing is sent', async () => {
    const { receiver, webhook } = await hook('skip.x')
    await herald.call('POST', `/v1/webhooks/${webhook.id}/pause`)
    const event = await herald.event({ type: 'skip.x' })
    await herald.reached(webhook.id, 'skipped')
    await ended(`event/default/${event}`, 'COMPLETED')
    expect(receiver.hits).toHaveLength(0)
  })
})
