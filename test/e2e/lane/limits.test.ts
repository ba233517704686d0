import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { busiest } from '../../support/busiest.ts'
import { type Herald, type Json, startHerald } from '../../support/herald.ts'
import { type Receiver, startReceiver } from '../../support/receiver.ts'
import { startThreadReceiver } from '../../support/receiver-thread.ts'
import { until } from '../../support/until.ts'

let herald: Herald
beforeAll(async () => {
  herald = await startHerald('lane', { BACKLOG_MAX: '400' })
}, 60_000)
afterAll(() => herald.stop())

/** What the receiver's clock can't tell apart: its own event loop is late now and then. */
const CLOCK_MS = 15

const times = ({ hits }: Receiver) => hits.map((hit) => hit.at)

async function post(type: string, count: number): Promise<void> {
  const events = Array.from({ length: count }, (_, i) => ({ type, data: { i } }))
  const { status, body } = await herald.call('POST', '/v1/events/batch', { events })
  expect(status, JSON.stringify(body)).toBe(202)
}

async function inState(webhook: string, state: string): Promise<Json[]> {
  const query = `/v1/deliveries?webhook=${webhook}&state=${state}&limit=100`
  return (await herald.call('GET', query)).body['data'] as Json[]
}

async function owed(webhook: string): Promise<Record<string, number | string>> {
  const { body } = await herald.call('GET', `/v1/webhooks/${webhook}`)
  return body['owed'] as Record<string, number | string>
}

async function change(webhook: string, fields: Json, method = 'PATCH'): Promise<void> {
  const { headers } = await herald.call('GET', `/v1/webhooks/${webhook}`)
  const match = { 'if-match': String(headers.get('etag')) }
  const body = method === 'DELETE' ? undefined : fields
  const { status } = await herald.call(method, `/v1/webhooks/${webhook}`, body, match)
  expect(status).toBeLessThan(300)
}

/** A limited webhook with a receiver of its own and a type of its own. */
async function limited(type: string, limit: number, per: string, fields: Json = {}) {
  const receiver = await startReceiver()
  const target = { type: 'http', url: receiver.url }
  const webhook = await herald.webhook({
    target,
    rateLimit: { limit, per },
    events: [type],
    ...fields,
  })
  return { receiver, id: webhook.id }
}

const all = (receiver: Receiver, count: number, seconds = 30) =>
  until(() => receiver.hits.length >= count, { seconds, what: `${count} requests` })

/** Open workflows of this herald: of one type, and of events of one type. */
async function open(workflowType: string, eventType?: string): Promise<string[]> {
  const mine = `TaskQueue STARTS_WITH '${herald.runtime.config.TASK_QUEUE}'`
  const about = eventType === undefined ? '' : ` AND EventType = '${eventType}'`
  const query = `WorkflowType='${workflowType}' AND ExecutionStatus='Running' AND ${mine}${about}`
  const found: string[] = []
  for await (const one of herald.client.workflow.list({ query })) found.push(one.workflowId)
  return found
}

describe('a rate limit', () => {
  it('has a lane that is tried again 50 ms after its process died, and less and less if it fails for good', async () => {
    const { receiver, id } = await limited('lane.retry', 10, '1s')
    await post('lane.retry', 1)
    await all(receiver, 1)
    const lane = herald.client.workflow.getHandle(`rate-limit/default/${id}`)
    const { events } = await lane.fetchHistory()
    const scheduled = events?.find((event) => event.activityTaskScheduledEventAttributes)
    const { retryPolicy } = scheduled?.activityTaskScheduledEventAttributes ?? {}
    expect(retryPolicy).toMatchObject({
      initialInterval: { nanos: 50_000_000 },
      backoffCoefficient: 2,
      maximumInterval: { seconds: expect.toSatisfy((seconds) => Number(seconds) === 5) },
      maximumAttempts: 0,
    })
  })

  it('holds a burst back, shows what is held with an estimated time, and uses the rate to the full', async () => {
    const { receiver, id } = await limited('burst', 10, '1s')
    const from = Date.now()
    await post('burst', 100)
    const [held] = await until(
      async () => {
        const found = await inState(id, 'held')
        return found.length > 40 ? found : undefined
      },
      { seconds: 5, what: 'held deliveries' },
    )
    const detail = (await herald.call('GET', `/v1/deliveries/${String(held?.['id'])}`)).body
    expect(Date.parse(String(detail['nextAttemptAt']))).toBeGreaterThan(from + 1_000)
    const counts = await owed(id)
    expect(counts['held']).toBeGreaterThan(30)
    expect(Date.parse(String(counts['throughAt']))).toBeGreaterThan(from + 4_000)
    await all(receiver, 100)
    expect(Date.now() - from).toBeLessThan(11_000)
    expect(busiest(times(receiver), 1_000 - CLOCK_MS)).toBeLessThanOrEqual(10)
    await until(async () => (await open('deliverEvents', 'burst')).length === 0, {
      seconds: 20,
      what: 'closed event workflows',
    })
    expect(receiver.hits).toHaveLength(100)
    expect(await owed(id)).toMatchObject({ held: 0, retrying: 0, pending: 0 })
    await receiver.close()
  })

  it('is raised, lowered and removed under load', async () => {
    const { receiver, id } = await limited('changing', 2, '1s')
    await post('changing', 120)
    await all(receiver, 4)
    await change(id, { rateLimit: { limit: 20, per: '1s' } })
    await all(receiver, 44)
    await change(id, { rateLimit: { limit: 1, per: '3s' } })
    const lowered = Date.now() + 1_500 // in force within a second, and what is on its way arrives
    await until(() => Date.now() > lowered + 3_500, {
      seconds: 10,
      what: 'time under the low limit',
    })
    expect(
      busiest(
        times(receiver).filter((at) => at > lowered),
        3_000 - CLOCK_MS,
      ),
    ).toBeLessThanOrEqual(1)
    const before = receiver.hits.length
    const removed = Date.now()
    await change(id, { rateLimit: null })
    await all(receiver, 120, 10)
    expect(Date.now() - removed).toBeLessThan(4_000)
    expect(before).toBeLessThan(80)
    await receiver.close()
  })

  it('is added under load: what waits for a retry goes on in the lane', async () => {
    let up = false
    const receiver = await startReceiver(() => ({ status: up ? 200 : 500 }))
    const retry = { type: 'fixed', interval: '2s', retries: 9 }
    const { id } = await herald.webhook({
      target: { type: 'http', url: receiver.url },
      events: ['added'],
      retry,
    })
    await post('added', 30)
    await all(receiver, 30)
    await change(id, { rateLimit: { limit: 5, per: '1s' } })
    const added = Date.now()
    up = true
    await until(async () => (await inState(id, 'delivered')).length === 30, {
      seconds: 20,
      what: '30 delivered',
    })
    expect(
      busiest(
        times(receiver).filter((at) => at > added + 500),
        1_000 - CLOCK_MS,
      ),
    ).toBeLessThanOrEqual(5)
    await receiver.close()
  })

  it('stops with its webhook, goes on with it, and cancels what is held when the webhook is deleted', async () => {
    const { receiver, id } = await limited('stopping', 5, '1s')
    await post('stopping', 60)
    await all(receiver, 5)
    await herald.call('POST', `/v1/webhooks/${id}/pause`)
    const paused = Date.now() + 1_500
    await until(() => Date.now() > paused + 2_000, { seconds: 10, what: 'time in the pause' })
    const { length } = receiver.hits
    expect(times(receiver).filter((at) => at > paused)).toHaveLength(0)
    expect((await owed(id))['held']).toBeGreaterThan(30)
    await herald.call('POST', `/v1/webhooks/${id}/resume`)
    await all(receiver, length + 5, 6)
    await change(id, {}, 'DELETE')
    const cancelled = await until(
      async () => {
        const found = await inState(id, 'cancelled')
        const through = found.length + (await inState(id, 'delivered')).length
        return through === 60 ? found : undefined
      },
      { seconds: 10, what: 'all 60 cancelled or delivered' },
    )
    expect(cancelled[0]).toMatchObject({ reason: { code: 'webhook_deleted' } })
    expect(await inState(id, 'held')).toEqual([])
    await until(async () => (await open('deliverEvents', 'stopping')).length === 0, {
      seconds: 70,
      what: 'closed event workflows',
    })
    await receiver.close()
  })

  it('skips new events of a webhook that is owed too many, and keeps the oldest', async () => {
    const { receiver, id } = await limited('flood', 1, '1h')
    for (let i = 0; i < 5; i++) await post('flood', 100)
    const skipped = await until(
      async () => {
        const found = await inState(id, 'skipped')
        return found.length > 0 ? found : undefined
      },
      { seconds: 10, what: 'skipped deliveries' },
    )
    expect(skipped[0]).toMatchObject({ reason: { code: 'backlog_full' } })
    const counts = await owed(id)
    expect(Number(counts['held'])).toBeLessThanOrEqual(400)
    expect(Number(counts['held'])).toBeGreaterThan(390)
    await change(id, {}, 'DELETE')
    await until(async () => (await inState(id, 'held')).length === 0, {
      seconds: 20,
      what: 'nothing held',
    })
    await receiver.close()
  })

  it("waits with the whole lane for a receiver's Retry-After on 429", async () => {
    const receiver = await startReceiver((_hit, n) =>
      n === 1 ? { status: 429, headers: { 'retry-after': '4' } } : { status: 200 },
    )
    const target = { type: 'http', url: receiver.url }
    await herald.webhook({ target, rateLimit: { limit: 1, per: '1s' }, events: ['busy'] })
    await post('busy', 3)
    await all(receiver, 4)
    const [first = 0, second = 0] = times(receiver)
    expect(second - first).toBeGreaterThanOrEqual(3_985)
    expect(second - first).toBeLessThan(5_500)
    await receiver.close()
  })

  it('sends due retries before a backlog', async () => {
    const seen = new Map<string, number>()
    const gaps: number[] = []
    const receiver = await startReceiver((hit) => {
      const id = String(hit.headers['webhook-id'])
      const before = seen.get(id)
      if (before) gaps.push(hit.at - before)
      seen.set(id, hit.at)
      return { status: before === undefined && seen.size % 10 < 3 ? 500 : 200 }
    })
    const target = { type: 'http', url: receiver.url }
    const retry = { type: 'fixed', interval: '1s', retries: 3 }
    await herald.webhook({ target, retry, rateLimit: { limit: 20, per: '1s' }, events: ['flaky'] })
    await post('flaky', 300)
    await until(() => seen.size === 300 && gaps.length >= 88, {
      seconds: 60,
      what: 'all and their retries',
    })
    const late = gaps.map((gap) => gap - 1_000).toSorted((a, b) => a - b)
    expect(late[0]).toBeGreaterThanOrEqual(-2)
    expect(late[Math.floor(late.length / 2)]).toBeLessThan(2_000)
    expect(busiest(times(receiver), 1_000 - CLOCK_MS)).toBeLessThanOrEqual(20)
    await receiver.close()
  })

  it('of one webhook is not slowed down by a receiver of another that hangs', async () => {
    const stuck = await startReceiver(() => ({ status: 200, delayMs: 10_000 }))
    const hanging = await herald.webhook({
      target: { type: 'http', url: stuck.url },
      rateLimit: { limit: 50, per: '1s' },
      events: ['both'],
    })
    const { receiver } = await limited('both', 50, '1s')
    const from = Date.now()
    await post('both', 150)
    await all(receiver, 150, 15)
    expect(Date.now() - from).toBeLessThan(4_500)
    await change(hanging.id, {}, 'DELETE') // what it is owed would be retried for days
    await stuck.close()
    await receiver.close()
  })

  it('holds for redeliveries too', async () => {
    const { receiver, id } = await limited('again', 2, '1s')
    await post('again', 2)
    const done = await until(
      async () => {
        const found = await inState(id, 'delivered')
        return found.length === 2 ? found : undefined
      },
      { seconds: 10, what: 'two delivered' },
    )
    for (const { id: delivery } of [...done, ...done])
      await herald.call('POST', `/v1/deliveries/${String(delivery)}/redeliver`)
    await all(receiver, 4, 10)
    await until(async () => (await open('redeliver')).length === 0, {
      seconds: 10,
      what: 'finished redeliveries',
    })
    expect(busiest(times(receiver), 1_000 - CLOCK_MS)).toBeLessThanOrEqual(2)
    await receiver.close()
  })

  it('of many webhooks at once is kept by each, and leaves no lane open', async () => {
    const receiver = await startThreadReceiver()
    const paths = Array.from({ length: 40 }, (_, n) => `/many/${n}`)
    await Promise.all(
      paths.map((path) =>
        herald.webhook({
          events: ['many'],
          target: { type: 'http', url: `${receiver.url}${path}` },
          rateLimit: { limit: 5, per: '1s' },
        }),
      ),
    )
    await post('many', 10)
    await until(() => paths.every((path) => receiver.times(path).length >= 10), { seconds: 40 })
    for (const path of paths)
      expect(busiest(receiver.times(path), 1_000 - CLOCK_MS)).toBeLessThanOrEqual(5)
    await until(async () => (await open('deliverEvents', 'many')).length === 0, {
      seconds: 30,
      what: 'closed event workflows',
    })
    await until(async () => (await open('rateLimit')).length === 0, {
      seconds: 30,
      what: 'no open lane',
    })
    expect(paths.every((path) => receiver.times(path).length === 10)).toBe(true)
    await receiver.close()
  })
})
