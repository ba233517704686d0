import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Herald, type Json, startHerald } from '../../support/herald.ts'
import { ownServers, type OwnServers } from '../../support/servers/own-servers.ts'
import { type Receiver, startReceiver } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'

let servers: OwnServers
let herald: Herald
let receiver: Receiver

beforeAll(async () => {
  servers = await ownServers()
  herald = await startHerald('server-kill', {
    TEMPORAL_ADDRESS: servers.temporal.address,
    MONGODB_URI: `${servers.mongo.url}/herald?directConnection=true`,
  })
  receiver = await startReceiver(() => ({ status: 200, delayMs: 30 }))
  await herald.webhook({ events: ['s.*'], target: { type: 'http', url: receiver.url } })
})
afterAll(async () => {
  await herald.stop()
  await servers.stop()
  await receiver.close()
})

const idOf = (hit: { headers: Record<string, unknown> }) => String(hit.headers['webhook-id'])

async function postUntilAccepted(id: string): Promise<void> {
  const body = { id, type: 's.x', data: { id } }
  await until(async () => (await herald.call('POST', '/v1/events', body)).status === 202, {
    seconds: 90,
    what: `a 202 for ${id}`,
  })
}

describe.each(['temporal', 'mongo'] as const)('kill -9 of %s on its data', (name) => {
  it('five times with 200 events in flight loses nothing and duplicates nothing, since herald itself lives', async () => {
    const accepted: string[] = []
    for (let kill = 0; kill < 5; kill++) {
      const before = receiver.hits.length
      const ids = Array.from({ length: 200 }, (_, n) => `${name}-${kill}-${n}`)
      const posts = ids.map((id) => postUntilAccepted(id).then(() => accepted.push(id)))
      await until(() => receiver.hits.length >= before + 40, { seconds: 60, what: '40 requests' })
      await servers[name].kill()
      await servers[name].start()
      await Promise.all(posts)
    }
    expect(accepted).toHaveLength(1_000)
    const mine = () => receiver.hits.filter((hit) => idOf(hit).startsWith(name))
    await until(() => new Set(mine().map(idOf)).size === 1_000, {
      seconds: 120,
      what: 'all events',
    })
    await until(
      async () => {
        const states = ['pending', 'retrying'].map(async (state) => {
          const list = await herald.call('GET', `/v1/deliveries?state=${state}`)
          return (list.body['data'] as Json[]).length
        })
        return (await Promise.all(states)).every((count) => count === 0)
      },
      { seconds: 120, what: 'no open delivery' },
    )
    expect(mine()).toHaveLength(1_000)
  }, 400_000)
})
