import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Herald, type Json, startHerald } from '../support/herald.ts'
import { startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'

let herald: Herald
beforeAll(async () => {
  herald = await startHerald('lane')
}, 60_000)
afterAll(() => herald.stop())

/** Most hits in any interval of this length. */
function busiest(times: number[], ms: number): number {
  const sorted = times.toSorted((a, b) => a - b)
  return Math.max(
    ...sorted.map((from, first) => sorted.slice(first).filter((at) => at < from + ms).length),
  )
}

const post = (type: string, count: number) =>
  Promise.all(Array.from({ length: count }, (_, i) => herald.event({ type, data: { i } })))

/** The lanes of this herald that are open. */
async function openLanes(): Promise<string[]> {
  const query = `WorkflowType='rateLimit' AND ExecutionStatus='Running' AND TaskQueue='${herald.runtime.config.TASK_QUEUE}-lanes'`
  const found: string[] = []
  for await (const lane of herald.client.workflow.list({ query })) found.push(lane.workflowId)
  return found
}

describe('a rate limit of 10 per 1s', () => {
  it('lets no second hold more than 10 requests, and delivers a burst at almost the full rate', async () => {
    const receiver = await startReceiver()
    const target = { type: 'http', url: receiver.url }
    const webhook = await herald.webhook({
      target,
      rateLimit: { limit: 10, per: '1s' },
      events: ['burst'],
    })
    const from = Date.now()
    await post('burst', 100)
    await until(() => receiver.hits.length >= 100, { seconds: 30, what: '100 requests' })
    const tookMs = Date.now() - from
    const times = receiver.hits.map((hit) => hit.at)
    console.log('took', tookMs, 'busiest', busiest(times, 1000), busiest(times, 990))
    expect(busiest(times, 985)).toBeLessThanOrEqual(10)
    expect(receiver.hits).toHaveLength(100)
    expect(tookMs).toBeLessThan(12_500)
    await until(
      async () => {
        const { body } = await herald.call(
          'GET',
          `/v1/deliveries?webhook=${webhook.id}&state=delivered&limit=100`,
        )
        return (body['data'] as Json[]).length === 100
      },
      { seconds: 10, what: 'all on record' },
    )
    await receiver.close()
    await until(async () => (await openLanes()).length === 0, { seconds: 70, what: 'no open lane' })
  }, 120_000)
})
