import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Models } from '../../src/models/connect.ts'
import { type Herald, type Json, startHerald } from '../support/herald.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'
import { resetToFirstTask } from '../support/reset.ts'
import { until } from '../support/until.ts'

const DAY_MS = 86_400_000

let herald: Herald
const receivers: Receiver[] = []

beforeAll(async () => {
  herald = await startHerald('retention')
})
afterAll(async () => {
  await herald.stop()
  await Promise.all(receivers.map((one) => one.close()))
})

async function hook(type: string, fields: Json, status: number) {
  const receiver = await startReceiver(() => ({ status }))
  receivers.push(receiver)
  const target = { type: 'http', url: receiver.url }
  return { receiver, webhook: await herald.webhook({ events: [type], target, ...fields }) }
}

const once = { retry: { type: 'fixed', interval: '1s', retries: 0 } }
const slowly = { retry: { type: 'fixed', interval: '1h', retries: 3 } }
const ended = (workflow: string, want: string) =>
  until(async () => {
    const { status } = await herald.client.workflow.getHandle(workflow).describe()
    return status.name === want
  })

/** How many documents of an event are left. */
async function left({ events, deliveries, attempts }: Models, id: string): Promise<number> {
  const counts = [
    await events.countDocuments({ _id: `default/${id}` }),
    await deliveries.countDocuments({ event: id }),
    await attempts.countDocuments({ event: id }),
  ]
  return counts.reduce((sum, one) => sum + one, 0)
}

/** As if everything of the event had happened so long ago. */
async function age({ events, deliveries }: Models, id: string, days: number): Promise<void> {
  const then = new Date(Date.now() - days * DAY_MS)
  await events.updateOne({ _id: `default/${id}` }, { $set: { receivedAt: then } })
  await deliveries.updateMany({ event: id }, { $set: { updatedAt: then, createdAt: then } })
}

describe('retention', () => {
  it('a worker that starts dates what is over and removes what is due, and leaves what is owed', async () => {
    const { models } = herald.runtime
    const failing = await hook('kept.over', once, 500)
    const waiting = await hook('kept.open', slowly, 500)
    const [due, over] = [
      await herald.event({ type: 'kept.over' }),
      await herald.event({ type: 'kept.over' }),
    ]
    const open = await herald.event({ type: 'kept.open' })
    await herald.reached(waiting.webhook.id, 'retrying')
    const isFailed = { webhook: failing.webhook.id, state: 'failed' as const }
    await until(async () => (await models.deliveries.countDocuments(isFailed)) === 2)
    for (const id of [due, over, open]) await age(models, id, 100)
    const purgeAt = new Date(Date.now() - 1_000)
    await models.events.updateOne({ _id: `default/${due}` }, { $set: { purgeAt } })
    await models.deliveries.updateOne({ event: due }, { $set: { purgeAt } })
    const second = await startHerald('retention')
    try {
      await until(async () => (await left(models, due)) === 0)
      const dated = await until(async () => {
        const event = await models.events.findById(`default/${over}`).lean()
        return event?.purgeAt
      })
      expect(Math.round((dated.getTime() - Date.now()) / DAY_MS)).toBe(30)
    } finally {
      await second.stop()
    }
    expect(await left(models, over)).toBe(2)
    expect(await left(models, open)).toBe(2)
    expect(await models.deliveries.findOne({ event: open }).lean()).not.toHaveProperty('purgeAt')
  })

  it('a rerun of an event that has a day to go takes the day back', async () => {
    const { models } = herald.runtime
    const { webhook } = await hook('kept.again', once, 500)
    const event = await herald.event({ type: 'kept.again' })
    await herald.reached(webhook.id, 'failed')
    await ended(`event/default/${event}`, 'FAILED')
    const dated = { $set: { purgeAt: new Date(Date.now() + DAY_MS) } }
    await models.events.updateOne({ _id: `default/${event}` }, dated)
    await models.deliveries.updateOne({ event }, dated)
    expect((await herald.call('POST', `/v1/events/${event}/rerun`)).status).toBe(202)
    await until(async () => (await models.deliveries.findOne({ event }).lean())?.log?.length === 2)
    const has = { purgeAt: { $exists: true } }
    expect(await models.events.countDocuments({ _id: `default/${event}`, ...has })).toBe(0)
    expect(await models.deliveries.countDocuments({ event, ...has })).toBe(0)
  })

  it('a reset of an event that is being removed sends nothing to those who had it', async () => {
    const { models } = herald.runtime
    const good = await hook('kept.leaving', {}, 200)
    const bad = await hook('kept.leaving', once, 500)
    const event = await herald.event({ type: 'kept.leaving' })
    const workflow = `event/default/${event}`
    await ended(workflow, 'FAILED')
    await models.deliveries.deleteOne({ event, webhook: good.webhook.id })
    const leaving = { $set: { purgeAt: new Date() } }
    await models.events.updateOne({ _id: `default/${event}` }, leaving)
    await resetToFirstTask(herald, workflow)
    await ended(workflow, 'COMPLETED')
    expect(await herald.client.workflow.getHandle(workflow).result()).toMatchObject({ purged: 1 })
    expect([good, bad].map(({ receiver }) => receiver.hits.length)).toEqual([1, 1])
  })

  it("the set-up lengthens Temporal's retention to 7 days", async () => {
    const { workflowService, options } = herald.client
    const { namespace } = options
    const { config } = await workflowService.describeNamespace({ namespace })
    const seconds = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0)
    expect(seconds * 1_000).toBeGreaterThanOrEqual(7 * DAY_MS)
  })

  it("MongoDB's own TTL monitor removes what is due, too", async ({ skip }) => {
    if (!process.env['HERALD_TEST_LONG']) {
      console.log('skipped, it takes a minute: set HERALD_TEST_LONG=1')
      skip()
    }
    const { models } = herald.runtime
    const { webhook } = await hook('kept.ttl', once, 500)
    const event = await herald.event({ type: 'kept.ttl' })
    await herald.reached(webhook.id, 'failed')
    await ended(`event/default/${event}`, 'FAILED')
    const began = Date.now()
    const due = { $set: { purgeAt: new Date(began - 1_000) } }
    await models.events.updateOne({ _id: `default/${event}` }, due)
    await models.deliveries.updateOne({ event }, due)
    await until(async () => (await left(models, event)) === 0, { seconds: 150 })
    console.log(`the TTL monitor took ${Date.now() - began} ms`)
  }, 200_000)
})
