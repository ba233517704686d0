import { Client, Connection } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { replayWorkflow } from '../../../src/delivery/contract.ts'
import { deliveryId, eventKey } from '../../../src/ids.ts'
import { defineModels, openModels } from '../../../src/models/connect.ts'
import { type HeraldProcess, heraldProcess } from '../../support/servers/process.ts'
import { residentMib } from '../../support/servers/process-usage.ts'
import { idOf, replayer } from '../../support/replays.ts'
import { until } from '../../support/until.ts'

/** HERALD_TEST_LONG=1: the number of the promise. */
const COUNT = process.env['HERALD_TEST_LONG'] ? 20_000 : 2_000
const RATE = 200
const contentType = 'application/json'
const models = defineModels()

let herald: HeraldProcess
const { hook, replay, ended, close } = replayer(() => herald)

beforeAll(async () => {
  herald = await heraldProcess('replay-load')
  await herald.start()
  await openModels(models, String(herald.environment['MONGODB_URI']))
}, 90_000)
afterAll(async () => {
  await herald.stop()
  await models.connection.close()
  await close()
})

/** Failed deliveries and their events, as if they had come one a second. */
async function insertFailed(webhook: string, type: string, count: number): Promise<void> {
  const startMs = Date.now() - count * 1_000
  for (let from = 0; from < count; from += 1_000) {
    const made = Array.from({ length: Math.min(1_000, count - from) }, (_, n) => {
      const at = new Date(startMs + (from + n) * 1_000)
      const id = `${type}-${from + n}`
      const common = { tenant: 'default', type, workflow: `event/default/${id}` }
      const body = JSON.stringify({ type, timestamp: at.toISOString(), data: { n: from + n } })
      const event = { id, data: '{}', hash: id, receivedAt: at, webhooks: [webhook] }
      const counts = { attempts: 1, failures: 1, unknowns: 0, round: 1, epoch: 0 }
      const times = { createdAt: at, updatedAt: at, finishedAt: at }
      const row = { _id: deliveryId('default', id, webhook), event: id, webhook, body }
      return {
        event: { ...common, ...event, _id: eventKey('default', id), delivered: false },
        row: { ...common, ...row, ...counts, ...times, state: 'failed' as const, contentType },
      }
    })
    await models.events.insertMany(made.map(({ event }) => event))
    await models.deliveries.insertMany(made.map(({ row }) => row))
  }
}

async function historyLength(workflow: string): Promise<number> {
  const connection = await Connection.connect({ address: inject('temporalAddress') })
  const described = await new Client({ connection }).workflow.getHandle(workflow).describe()
  await connection.close()
  return described.historyLength
}

describe(`a replay of ${COUNT} failed deliveries`, () => {
  it('keeps its history short and the memory of its worker flat', async () => {
    const ids = new Set<string>()
    const { receiver, id } = await hook('many.a', { concurrency: 20 }, (hit) => {
      ids.add(idOf(hit))
      hit.body = Buffer.alloc(0)
      return { status: 200 }
    })
    await insertFailed(id, 'many.a', COUNT)
    const made = await replay({ filter: { webhook: id }, rate: RATE })
    await until(() => receiver.hits.length >= COUNT / 10, { seconds: 600 })
    const beforeMib = await residentMib(herald.pid())
    await until(() => receiver.hits.length >= COUNT, { seconds: 1_200 })
    const grownMib = (await residentMib(herald.pid())) - beforeMib
    const seconds = ((receiver.hits.at(-1)?.at ?? 0) - (receiver.hits[0]?.at ?? 0)) / 1_000
    expect(await ended(made.id)).toMatchObject({ selected: COUNT, sent: COUNT, done: COUNT })
    expect(ids.size).toBe(COUNT)
    expect(receiver.hits).toHaveLength(COUNT)
    const events = await historyLength(replayWorkflow(made.id))
    console.log(
      `${COUNT} in ${seconds.toFixed(1)} s at ${RATE}/s; ${events} history events; ` +
        `herald grew by ${grownMib.toFixed(0)} MiB from ${beforeMib.toFixed(0)} MiB`,
    )
    expect(events).toBeLessThan(1_000)
    expect(grownMib).toBeLessThan(100)
  }, 1_900_000)
})
