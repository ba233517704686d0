import { inject } from 'vitest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { busiest } from '../../support/busiest.ts'
import { type Herald, startHerald } from '../../support/herald.ts'
import { type Receiver, startReceiver } from '../../support/receiver.ts'
import { startTcpProxy, type TcpProxy } from '../../support/servers/tcp-proxy.ts'
import { until } from '../../support/until.ts'

/** What the receiver's clock can't tell apart: its own event loop is late now and then. */
const CLOCK_MS = 25
const LIMIT = { limit: 10, per: '1s' }

let herald: Herald
let mongo: TcpProxy
beforeAll(async () => {
  mongo = await startTcpProxy(new URL(inject('mongoUrl')).host)
  herald = await startHerald('lane_congestion', {
    MONGODB_URI: `mongodb://${mongo.address}/lane_congestion_${process.pid}?directConnection=true`,
    OUTBOUND_ORIGIN_CONCURRENCY: '8',
  })
}, 60_000)
afterAll(async () => {
  mongo.slow(0)
  await herald.stop()
  await mongo.close()
})

async function post(type: string, count: number): Promise<void> {
  const events = Array.from({ length: count }, (_, i) => ({ type, data: { i } }))
  const { status, body } = await herald.call('POST', '/v1/events/batch', { events })
  expect(status, JSON.stringify(body)).toBe(202)
}

const timesAt = ({ hits }: Receiver, path: string) =>
  hits.filter((hit) => hit.path === path).map((hit) => hit.at)

/** Milliseconds until the lane at this path has sent 50 more. */
async function fifty(receiver: Receiver, path: string): Promise<number> {
  const sent = timesAt(receiver, path).length
  const from = Date.now()
  await post(path.slice(1), 50)
  await until(() => timesAt(receiver, path).length >= sent + 50, {
    what: '50 requests of the lane',
  })
  return Date.now() - from
}

describe('a lane', () => {
  it('beside a busy webhook of its origin is as fast as alone', async () => {
    const receiver = await startReceiver(({ path }) => ({
      status: 200,
      delayMs: path === '/busy' ? 500 : 5,
    }))
    const at = (path: string) => ({ type: 'http', url: new URL(path, receiver.url).href })
    await herald.webhook({ events: ['busy'], target: at('/busy') })
    await herald.webhook({ events: ['lane'], target: at('/lane'), rateLimit: LIMIT })
    const aloneMs = await fifty(receiver, '/lane')
    await post('busy', 500)
    await until(() => timesAt(receiver, '/busy').length >= 8, { what: 'an origin without room' })
    const besideMs = await fifty(receiver, '/lane')
    console.log(`50 at 10 per 1s: alone ${aloneMs} ms, beside a busy webhook ${besideMs} ms`)
    expect(timesAt(receiver, '/busy').length).toBeLessThan(500)
    expect(besideMs).toBeLessThan(2 * aloneMs)
    expect(busiest(timesAt(receiver, '/lane'), 1_000 - CLOCK_MS)).toBeLessThanOrEqual(10)
    await receiver.close()
  })

  it.each([
    { lateMs: 300, least: 75 },
    { lateMs: 600, least: 60 },
    { lateMs: 1_200, least: 40 },
  ])(
    'is slow, but never stands still, while MongoDB answers $lateMs ms late',
    async ({ lateMs, least }) => {
      const receiver = await startReceiver()
      const type = `late.${lateMs}`
      const target = { type: 'http', url: receiver.url }
      await herald.webhook({ events: [type], target, rateLimit: LIMIT })
      await post(type, 240)
      await until(() => receiver.hits.length >= 20, { what: 'a lane that sends' })
      mongo.slow(lateMs)
      const from = Date.now()
      const before = receiver.hits.length
      await until(() => Date.now() - from > 15_000, { what: 'time' })
      const sent = receiver.hits.length - before
      mongo.slow(0)
      console.log(`10 per 1s, MongoDB ${lateMs} ms late: ${sent} in 15 s`)
      expect(sent).toBeGreaterThan(least)
      await until(() => receiver.hits.length >= 240, { what: 'the rest' })
      const times = receiver.hits.map((hit) => hit.at)
      expect(busiest(times, 1_000 - CLOCK_MS)).toBeLessThanOrEqual(10)
      await receiver.close()
    },
    90_000,
  )
})
