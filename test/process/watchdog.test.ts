import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { Metrics } from '../../src/metrics.ts'
import { longestRun, nowRunning } from '../../src/running.ts'
import { watchEventLoop } from '../../src/process/watchdog.ts'
import { type Api, startApi } from '../api/support.ts'
import { until } from '../support/until.ts'

const block = (ms: number) => {
  const endsAtMs = performance.now() + ms
  while (performance.now() < endsAtMs) Math.sqrt(endsAtMs)
}

describe('the watchdog of the event loop', () => {
  const stops: (() => unknown)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })
  const watched = () => {
    const metrics = new Metrics()
    const said: Record<string, unknown>[] = []
    const logger = { warn: (facts: unknown) => void said.push(facts as (typeof said)[number]) }
    stops.push(watchEventLoop({ metrics, logger: logger as never }))
    return { metrics, said }
  }

  it('says what ran while it stood still, and counts how long', async () => {
    const { metrics, said } = watched()
    nowRunning('before')
    setTimeout(() => {
      nowRunning('quick')
      block(5)
      nowRunning('the slow one')
      block(400)
      nowRunning('after')
      block(5)
    }, 20)
    const one = await until(() => said.find(({ ran }) => ran === 'the slow one'))
    expect(one['blockedMs']).toBeGreaterThan(300)
    expect(one['ranMs']).toBeGreaterThanOrEqual(399)
    const { text } = await metrics.exposition()
    expect(text).toMatch(/herald_event_loop_blocked_seconds_bucket\{le="\+Inf"\} [1-9]/)
  })

  it('names the route of a request', async () => {
    const api: Api = await startApi()
    stops.push(api.stop)
    const { said } = watched()
    const find = api.models.webhooks.find.bind(api.models.webhooks)
    Object.assign(api.models.webhooks, {
      find: (...given: Parameters<typeof find>) => {
        block(400)
        return find(...given)
      },
    })
    expect((await api.call('GET', '/v1/webhooks')).status).toBe(200)
    await until(() => said.some(({ ran }) => ran === 'GET /v1/webhooks'))
  })

  it('finds the longest of what ran, however much did', () => {
    const runs = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(runs, (lengths) => {
        const sinceMs = performance.now()
        for (const [n, ms] of lengths.entries()) {
          nowRunning(`run ${n}`)
          block(ms)
        }
        const found = longestRun(sinceMs, performance.now())
        const longest = Math.max(...lengths)
        expect(found?.ms).toBeGreaterThanOrEqual(longest)
      }),
      { numRuns: 30 },
    )
  })
})
