import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { busiest } from '../../support/busiest.ts'
import { type Receiver, startReceiver } from '../../support/receiver.ts'
import { testDatabaseUri } from '../../support/servers/servers.ts'
import { startTcpProxy, type TcpProxy } from '../../support/servers/tcp-proxy.ts'
import { until } from '../../support/until.ts'
import { heldRows, laneProcess, type LaneProcess, limitedWebhook, rowsOf } from './world.ts'

/** Two processes on one database; the link of the first one to it can be made slow. */
let mongo: TcpProxy
let herald: LaneProcess
let other: LaneProcess
beforeAll(async () => {
  mongo = await startTcpProxy(new URL(inject('mongoUrl')).host)
  const uri = testDatabaseUri('lane_round')
  const slow = new URL(uri)
  slow.host = mongo.address
  other = await laneProcess(uri)
  herald = await laneProcess(slow.href)
})
afterAll(async () => {
  mongo.slow(0)
  await herald.models.connection.dropDatabase()
  await Promise.all([herald.close(), other.close()])
  await mongo.close()
})

async function scene(count: number, fields: Parameters<typeof limitedWebhook>[2] = {}) {
  const receiver = await startReceiver()
  const webhook = await limitedWebhook(herald.models, receiver.url, fields)
  const ids = await heldRows(herald.models, webhook, count)
  return { receiver, webhook, ids, rows: () => rowsOf(herald.models, webhook) }
}

const change = (webhook: string, fields: object) =>
  other.models.webhooks.updateOne({ _id: webhook }, { $set: fields })
const sent = (receiver: Receiver, count: number) =>
  until(() => receiver.hits.length >= count, { what: `${count} requests` })
const attemptsOf = ({ hits }: Receiver) =>
  hits.map(
    ({ headers }) => `${String(headers['herald-delivery'])}#${String(headers['herald-attempt'])}`,
  )

describe('a lane', () => {
  it('sends all that is held, each once and never faster than its rate', async () => {
    const { receiver, webhook, rows } = await scene(35)
    const end = await herald.lane(webhook)
    expect(end).toMatchObject({ next: 'idle', held: 0, retrying: 0, sentInWindow: 0 })
    expect(new Set(attemptsOf(receiver)).size).toBe(35)
    expect(receiver.hits).toHaveLength(35)
    expect(busiest(herald.leftAt(receiver.url), 1_000)).toBe(10)
    const all = await rows()
    expect(all.every((row) => row.state === 'delivered' && row.attempts === 1)).toBe(true)
    await receiver.close()
  })

  it('uses its rate while MongoDB answers late, as exactly as ever', async () => {
    const { receiver, webhook } = await scene(200)
    const ended = herald.lane(webhook)
    await sent(receiver, 10)
    mongo.slow(400)
    const from = Date.now()
    await until(() => Date.now() - from > 10_000)
    mongo.slow(0)
    const left = herald.leftAt(receiver.url)
    expect(left.filter((at) => at > from).length).toBeGreaterThan(50)
    await change(webhook, { rateLimit: null })
    await ended
    expect(receiver.hits).toHaveLength(200)
    expect(busiest(left, 1_000)).toBeLessThanOrEqual(10)
    await receiver.close()
  }, 90_000)

  it('gives back what it has claimed when its webhook is paused, and goes on with it', async () => {
    const { receiver, webhook, rows } = await scene(60, { rateLimit: { limit: 20, per: '1s' } })
    const paused = herald.lane(webhook)
    await sent(receiver, 20)
    mongo.slow(300) // so that rows are claimed ahead
    await sent(receiver, 30)
    await change(webhook, { state: 'paused' })
    expect(await paused).toMatchObject({ next: 'inactive' })
    mongo.slow(0)
    const stopped = receiver.hits.length
    expect(stopped).toBeLessThan(60)
    const left = await rows()
    expect(left.filter((row) => row.open)).toEqual([])
    expect(left.filter((row) => row.state === 'held' && row.attempts === 0)).toHaveLength(
      60 - stopped,
    )
    await change(webhook, { state: 'active' })
    await herald.lane(webhook)
    expect(new Set(attemptsOf(receiver)).size).toBe(60)
    expect(receiver.hits).toHaveLength(60)
    await receiver.close()
  })

  it('gives back what it has claimed when its process stops, within a second', async () => {
    const stopping = await laneProcess(testDatabaseUri('lane_round'))
    const { receiver, webhook, rows } = await scene(60)
    const pass = stopping.pass(webhook)
    await sent(receiver, 12)
    const from = Date.now()
    stopping.stop()
    expect(await pass).toMatchObject({ next: 'now' })
    expect(Date.now() - from).toBeLessThan(1_000)
    expect((await rows()).filter((row) => row.open)).toEqual([])
    await stopping.close()
    await receiver.close()
  })

  it('sends to the webhook as it is now: a new URL and a new limit count within a second', async () => {
    const { receiver, webhook } = await scene(80)
    const moved = await startReceiver()
    const ended = herald.lane(webhook)
    await sent(receiver, 20)
    await change(webhook, {
      target: { type: 'http', url: moved.url, timeout: '5s' },
      rateLimit: { limit: 2, per: '1s' },
    })
    const changedAt = Date.now()
    await sent(moved, 6)
    expect(receiver.hits.filter((hit) => hit.at > changedAt + 1_100)).toEqual([])
    expect(busiest(herald.leftAt(moved.url), 1_000)).toBeLessThanOrEqual(2)
    await change(webhook, { rateLimit: null })
    await ended
    expect(receiver.hits.length + moved.hits.length).toBe(80)
    await Promise.all([receiver.close(), moved.close()])
  })

  it('gives back what a lower limit leaves no slot for, and sleeps until there is one', async () => {
    const { receiver, webhook, rows } = await scene(90, { rateLimit: { limit: 30, per: '1s' } })
    mongo.slow(200)
    const pass = herald.pass(webhook)
    await sent(receiver, 30)
    await change(webhook, { rateLimit: { limit: 1, per: '1h' } })
    expect(await pass).toMatchObject({ next: 'slot' })
    mongo.slow(0)
    const left = (await rows()).filter((row) => row.state === 'held')
    expect(left.length).toBeGreaterThan(0)
    expect(left.filter((row) => row.open || row.attempts > 0)).toEqual([])
    await receiver.close()
  })

  it('that another process takes over sends nothing more, and both together keep the rate', async () => {
    const { receiver, webhook, rows } = await scene(60)
    const first = herald.pass(webhook)
    await sent(receiver, 15)
    const second = other.lane(webhook)
    expect(await first).toMatchObject({ next: 'now' })
    const leftByFirst = herald.leftAt(receiver.url).length
    expect(await second).toMatchObject({ next: 'idle' })
    expect(herald.leftAt(receiver.url)).toHaveLength(leftByFirst)
    const left = [...herald.leftAt(receiver.url), ...other.leftAt(receiver.url)]
    expect(busiest(left, 1_000)).toBeLessThanOrEqual(10)
    expect(new Set(attemptsOf(receiver)).size).toBe(receiver.hits.length)
    expect((await rows()).every((row) => row.state === 'delivered')).toBe(true)
    await receiver.close()
  })

  it('takes up what a dead process had claimed, and charges it to nobody', async () => {
    const { receiver, webhook, ids, rows } = await scene(5)
    const [row] = await herald.deps.reads.open(ids.slice(0, 1))
    const carrier = row?.carrier ?? { workflow: '', run: '' }
    const webhookNow = await herald.models.webhooks.findById(webhook).lean().exec()
    if (!row || !webhookNow) throw new Error('both are there')
    // the other process claims it, and is never heard of again
    await other.deps.sender.claim(row, webhookNow, carrier)
    await herald.lane(webhook)
    const [taken] = await rows()
    expect(taken).toMatchObject({ state: 'delivered', attempts: 2, failures: 0 })
    expect(taken?.log?.map(({ outcome }) => outcome)).toEqual(['unknown', 'delivered'])
    expect(receiver.hits).toHaveLength(5)
    await receiver.close()
  })

  it('sends what others hold although one row cannot be written, and that one once a pass', async () => {
    const { receiver, webhook, ids, rows } = await scene(25)
    const bad = ids[3]
    await herald.models.deliveries.collection.updateOne(
      { _id: bad as never },
      { $set: { log: 'x' } },
    )
    const result = await herald.pass(webhook)
    expect(result).toMatchObject({ sent: 24 })
    const all = await rows()
    expect(all.filter((row) => row.state === 'delivered')).toHaveLength(24)
    expect(receiver.hits).toHaveLength(25)
    await receiver.close()
  })

  it('whose secrets cannot be read sends nothing, and what it holds waits', async () => {
    const { receiver, webhook } = await scene(3)
    const secrets = [{ value: { sealed: 'v1:gone:AAAA' }, createdAt: new Date() }]
    await herald.models.webhooks.collection.updateOne(
      { _id: webhook as never },
      { $set: { secrets } },
    )
    expect(await herald.lane(webhook)).toMatchObject({ next: 'inactive', held: 3 })
    expect(receiver.hits).toHaveLength(0)
    const states = (await rowsOf(herald.models, webhook)).map(({ state, open }) => [state, open])
    expect(states).toEqual([1, 2, 3].map(() => ['held', undefined]))
    await receiver.close()
  })
})
