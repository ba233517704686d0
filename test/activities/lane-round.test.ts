import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { busiest } from '../support/busiest.ts'
import { startReceiver } from '../support/receiver.ts'
import { testDatabaseUri } from '../support/servers.ts'
import { until } from '../support/until.ts'
import { heldRows, laneProcess, type LaneProcess, limitedWebhook } from './lane-world.ts'

let herald: LaneProcess
beforeAll(async () => {
  herald = await laneProcess(testDatabaseUri('lane_round'))
})
afterAll(async () => {
  await herald.models.connection.dropDatabase()
  await herald.close()
})

describe('a lane', () => {
  it('sends all that is held, in order and at its rate', async () => {
    const receiver = await startReceiver()
    const webhook = await limitedWebhook(herald.models, receiver.url)
    await heldRows(herald.models, webhook, 30)
    const from = Date.now()
    const end = await herald.lane(webhook)
    expect(end).toMatchObject({ next: 'idle', held: 0, retrying: 0 })
    expect(receiver.hits.map((hit) => hit.headers['webhook-id'])).toHaveLength(30)
    const times = receiver.hits.map((hit) => hit.at)
    expect(busiest(times, 985)).toBeLessThanOrEqual(10)
    console.log(Math.max(...times) - from)
    await receiver.close()
  })
})
