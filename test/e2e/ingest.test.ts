import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Herald, type Json, startHerald } from '../support/herald.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'

let herald: Herald
let receiver: Receiver

beforeAll(async () => {
  herald = await startHerald('ingest')
  receiver = await startReceiver()
  await herald.webhook({ events: ['in.*'], target: { type: 'http', url: receiver.url } })
})
afterAll(async () => {
  await herald.stop()
  await receiver.close()
})

const post = (body: unknown, headers?: Record<string, string>) =>
  herald.call('POST', '/v1/events', body, headers)
const hitsOf = (id: string) => receiver.hits.filter((hit) => hit.headers['webhook-id'] === id)

/** Resolves when everything that is owed has been delivered, so that a request too many would have been seen. */
const settled = (ids: string[]) =>
  until(async () => {
    const states = await Promise.all(
      ids.map(async (id) => (await herald.call('GET', `/v1/events/${id}`)).body['delivered']),
    )
    return states.every((delivered) => delivered === true)
  })

describe('an event that comes twice', () => {
  it('from 50 clients at once is delivered once, and one of them is told that it is new', async () => {
    const event = { id: 'at-once', type: 'in.x', data: { n: 1 } }
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(event)))
    expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 50 }, () => 202))
    expect(answers.filter((answer) => answer.body['duplicate'] === false)).toHaveLength(1)
    await settled(['at-once'])
    expect(hitsOf('at-once')).toHaveLength(1)
  })

  it('with other bytes is refused with 409, and the first stays as it was', async () => {
    expect((await post({ id: 'other', type: 'in.x', data: 1 })).status).toBe(202)
    const second = await post({ id: 'other', type: 'in.x', data: 2 })
    expect(second.status).toBe(409)
    expect(second.headers.get('content-type')).toContain('application/problem+json')
    await settled(['other'])
    expect(hitsOf('other')).toHaveLength(1)
    expect(JSON.parse(String(hitsOf('other')[0]?.body))).toMatchObject({ data: 1 })
  })

  it('in the same batch is a duplicate; the batch is one start and one result per event', async () => {
    const events = ['b1', 'b2', 'b1'].map((id) => ({ id, type: 'in.x', data: id }))
    const sent = await herald.call('POST', '/v1/events/batch', { events })
    expect(sent.status).toBe(202)
    const results = sent.body['data'] as Json[]
    expect(results.map((one) => [one['id'], one['duplicate']])).toEqual([
      ['b1', false],
      ['b2', false],
      ['b1', true],
    ])
    await settled(['b1', 'b2'])
    expect([...hitsOf('b1'), ...hitsOf('b2')]).toHaveLength(2)
  })

  it('with other bytes makes the whole batch be refused', async () => {
    const events = [
      { id: 'fresh-one', type: 'in.x', data: 1 },
      { id: 'b1', type: 'in.x', data: 'changed' },
    ]
    expect((await herald.call('POST', '/v1/events/batch', { events })).status).toBe(409)
    expect((await herald.call('GET', '/v1/events/fresh-one')).status).toBe(404)
  })

  it('under the same Idempotency-Key is a duplicate though it names no id', async () => {
    const headers = { 'idempotency-key': 'key-1' }
    const first = await post({ type: 'in.x', data: 1 }, headers)
    const second = await post({ type: 'in.x', data: 1 }, headers)
    expect(second.body).toMatchObject({ id: first.body['id'], duplicate: true })
    await settled([String(first.body['id'])])
    expect(hitsOf(String(first.body['id']))).toHaveLength(1)
  })

  it('through two processes is delivered once, whichever workflow stores it first', async () => {
    const other = await startHerald('ingest-other', {
      MONGODB_URI: herald.runtime.config.MONGODB_URI,
      TASK_QUEUE: herald.runtime.config.TASK_QUEUE,
      ADMIN_API_KEY: herald.adminKey,
    })
    const ids = Array.from({ length: 40 }, (_, n) => `both-${n}`)
    const answers = await Promise.all(
      ids.flatMap((id) => [herald, other].map((one) => one.event({ id, type: 'in.x', data: id }))),
    )
    expect(answers).toHaveLength(80)
    await settled(ids)
    await until(async () => {
      const query = `TaskQueue='${herald.runtime.config.TASK_QUEUE}' AND ExecutionStatus='Running'`
      return (await herald.client.workflow.count(query)).count === 0
    })
    expect(ids.map((id) => hitsOf(id).length)).toEqual(ids.map(() => 1))
    await other.stop()
  })
})

describe('under load', () => {
  it('events share workflows, each names the one that delivers it, and each arrives once', async () => {
    const ids = Array.from({ length: 300 }, (_, n) => `load-${n}`)
    await Promise.all(ids.map((id) => herald.event({ id, type: 'in.load', data: { id } })))
    await until(() => ids.every((id) => hitsOf(id).length > 0), { seconds: 60 })
    expect(ids.map((id) => hitsOf(id).length)).toEqual(ids.map(() => 1))
    const stored = await herald.runtime.models.events.find({ type: 'in.load' }).lean()
    const workflows = new Set(stored.map((event) => event.workflow))
    expect(stored).toHaveLength(300)
    expect(workflows.size).toBeLessThan(150)
  })

  it('with GROUP_MAX=1 every event has its own workflow', async () => {
    const single = await startHerald('ingest-single', { GROUP_MAX: '1' })
    await single.webhook({ events: ['*'], target: { type: 'http', url: receiver.url } })
    const ids = Array.from({ length: 40 }, (_, n) => `single-${n}`)
    const accepted = async (id: string) =>
      (await single.call('POST', '/v1/events', { id, type: 'in.x', data: 1 })).status === 202
    await Promise.all(ids.map((id) => until(() => accepted(id)))) // 40 starts may take more than the 3 s of one request
    await until(() => ids.every((id) => hitsOf(id).length > 0), { seconds: 60 })
    const stored = await single.runtime.models.events.find().lean()
    expect(stored.map((event) => event.workflow).toSorted()).toEqual(
      ids.map((id) => `event/default/${id}`).toSorted(),
    )
    await single.stop()
  })
})

describe('Prefer: wait', () => {
  it('answers 200 with the first attempts when they are in', async () => {
    const answer = await post({ type: 'in.x', data: 1 }, { prefer: 'wait=10' })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('preference-applied')).toBe('wait=10')
    expect(answer.body['deliveries']).toMatchObject([{ state: 'delivered' }])
  })
})

describe('the bytes of data', () => {
  it('reach the receiver as they were sent, big numbers and odd spacing too', async () => {
    const data = '{"n": 12345678901234567890, "f":1.0,\n "s":"\\u00e9"}'
    const sent = await post(`{"id":"exact","type":"in.x","data":${data}}`)
    expect(sent.status).toBe(202)
    await until(() => hitsOf('exact').length === 1)
    expect(hitsOf('exact')[0]?.body.toString()).toContain(`"data":${data}`)
  })
})
