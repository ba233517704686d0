import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AttemptTally } from '../../../src/activities/health/attempt-tally.ts'
import { createLogger } from '../../../src/logger.ts'
import { latencyBucket, latencyPercentiles } from '../../../src/models/tally.ts'
import { type Api, startApi } from '../support.ts'

type Point = { at: string; delivered: number; failed: number; p95Ms: number | null }
type Series = {
  stepSeconds: number
  total: Point & { unknown: number; p50Ms: number | null }
  points: Point[]
  webhooks: { webhook: string; delivered: number; attempts: number[] }[]
}

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

const tallyOf = () => {
  const logger = createLogger('silent')
  return new AttemptTally({ models: api.models, logger, now: Date.now })
}
const series = async (query: string) =>
  (await api.call('GET', `/v1/stats/series?${query}`)).json as Series

describe('the series of attempts', () => {
  it('counts what several processes saw, by outcome, time and webhook', async () => {
    const endedMs = Date.now()
    const [one, two] = [tallyOf(), tallyOf()]
    const noted = (webhook: string) => ({ tenant: 'default', webhook })
    for (let n = 0; n < 9; n += 1)
      one.note(noted('wh_a'), { outcome: 'delivered', totalMs: 10, endedMs })
    two.note(noted('wh_a'), { outcome: 'failed', totalMs: 1_000, endedMs })
    two.note(noted('wh_b'), { outcome: 'unknown', totalMs: null, endedMs })
    two.note({ tenant: 'acme', webhook: 'wh_c' }, { outcome: 'failed', totalMs: 5, endedMs })
    await Promise.all([one.ended(), two.ended()])
    for (const [since, stepSeconds] of [
      ['1h', 60],
      ['24h', 3_600],
    ] as const) {
      const { total, points, webhooks, ...rest } = await series(`since=${since}`)
      expect(rest.stepSeconds).toBe(stepSeconds)
      expect(total).toMatchObject({ delivered: 9, failed: 1, unknown: 1 })
      expect(total.p50Ms).toBeGreaterThanOrEqual(10)
      expect(total.p50Ms).toBeLessThanOrEqual(12)
      expect(points).toHaveLength(since === '1h' ? 61 : 25)
      expect(points.reduce((sum, { delivered }) => sum + delivered, 0)).toBe(9)
      const a = webhooks.find(({ webhook }) => webhook === 'wh_a')
      expect(a?.attempts.reduce((sum, count) => sum + count, 0)).toBe(10)
      expect(a?.attempts).toHaveLength(points.length)
    }
    expect((await series('since=1h&webhook=wh_b')).total).toMatchObject({ unknown: 1, failed: 0 })
  })

  it('is written whole each time, so that a write that is made twice counts once', async () => {
    const tally = tallyOf()
    const at = { outcome: 'delivered', totalMs: 1, endedMs: Date.now() } as const
    tally.note({ tenant: 'twice', webhook: 'wh_t' }, at)
    await tally.ended()
    tally.note({ tenant: 'twice', webhook: 'wh_t' }, at)
    await tally.ended()
    await tally.ended()
    const { json } = await api.call('GET', '/v1/stats/series?since=1h', {
      headers: { 'herald-tenant': 'twice' },
    })
    expect((json as Series).total.delivered).toBe(2)
  })

  it('has percentiles that are never too low and at most 15 % too high', () => {
    for (const ms of [1, 7, 48, 333, 2_500, 29_999]) {
      const [percentile = 0] = latencyPercentiles(new Map([[latencyBucket(ms), 1]]), [0.99])
      expect(percentile).toBeGreaterThanOrEqual(Math.floor(ms))
      expect(percentile).toBeLessThanOrEqual(Math.ceil(ms * 1.15))
    }
    expect(latencyPercentiles(new Map(), [0.5])).toEqual([])
    const latency = new Map([
      [latencyBucket(1_000), 1],
      [latencyBucket(10), 9],
    ])
    const [p50 = 0, p95 = 0] = latencyPercentiles(latency, [0.5, 0.95])
    expect(p50).toBeLessThan(12)
    expect(p95).toBeGreaterThanOrEqual(1_000)
  })
})
