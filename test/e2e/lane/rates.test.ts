import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { busiest } from '../../support/busiest.ts'
import { type HeraldProcess, heraldProcess } from '../../support/servers/process.ts'
import { startReceiver } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'

/** HERALD_TEST_LONG=1: the promised rates, which take minutes; else shorter ones of the same kind. */
const isLong = Boolean(process.env['HERALD_TEST_LONG'])
/** What the receiver's clock can't tell apart: its own event loop is late now and then. */
const CLOCK_MS = 15

const RATES = isLong
  ? [
      { limit: 10, per: '1s', perMs: 1_000, events: 300 },
      { limit: 100, per: '1m', perMs: 60_000, events: 250 },
      { limit: 1, per: '10s', perMs: 10_000, events: 6 },
    ]
  : [
      { limit: 10, per: '1s', perMs: 1_000, events: 50 },
      { limit: 20, per: '4s', perMs: 4_000, events: 50 },
      { limit: 1, per: '3s', perMs: 3_000, events: 4 },
    ]

let herald: HeraldProcess
beforeAll(async () => {
  herald = await heraldProcess('lane-rates')
  await herald.start()
}, 90_000)
afterAll(async () => void (await herald.stop()))

describe('a burst at a webhook', () => {
  it.each(RATES)(
    'with $limit per $per: $events events are through as soon as the limit allows, never faster',
    async ({ limit, per, perMs, events: count }) => {
      const receiver = await startReceiver()
      const target = { type: 'http', url: receiver.url }
      const type = `rate.${per}`
      const { id } = await herald.webhook({ target, rateLimit: { limit, per }, events: [type] })
      const events = Array.from({ length: count }, (_, i) => ({ type, data: { i } }))
      const postedAt = Date.now()
      const { status } = await herald.call('POST', '/v1/events/batch', { events })
      expect(status).toBe(202)
      const dueMs = (Math.ceil(count / limit) - 1) * perMs
      await until(() => receiver.hits.length >= count, {
        seconds: dueMs / 1_000 + 30,
        what: `${count} requests`,
      })
      const times = receiver.hits.map((hit) => hit.at)
      console.log(
        `${count} at ${limit} per ${per}: ${Math.max(...times) - postedAt} ms, due ${dueMs}`,
      )
      expect(busiest(times, perMs - CLOCK_MS)).toBeLessThanOrEqual(limit)
      // 300 at 10 per 1s are due after 29 s and promised within 31.5
      expect(Math.max(...times) - postedAt).toBeLessThanOrEqual(dueMs + 2_500)
      await until(async () => (await herald.delivery(id))['state'] === 'delivered')
      expect(receiver.hits).toHaveLength(count)
      await receiver.close()
    },
    400_000,
  )
})
