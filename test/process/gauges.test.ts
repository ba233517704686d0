import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Metrics } from '../../src/metrics.ts'
import { observe } from '../../src/process/gauges.ts'
import { addDelivery, addWebhook, type Api, startApi } from '../api/support.ts'

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

/** The series of herald's own as a process with this many lanes shows them. */
function process(lanes: () => Promise<number>) {
  const metrics = new Metrics()
  observe(metrics, {
    models: api.models,
    version: '1.2.3',
    ingest: { waiting: { unattempted: 0, queued: 0 } },
    gateway: { openLanes: lanes, healthy: async () => true },
  } as unknown as Parameters<typeof observe>[1])
  return async () =>
    (await metrics.exposition()).text
      .split('\n')
      .filter((line) => /^herald_(build|deliveries_owed|delivery|webhooks|lanes)/.test(line))
}

describe('what is stored, as metrics', () => {
  it('is zero where there is nothing, with the version of herald', async () => {
    const text = await process(async () => 0)()
    expect(text).toEqual([
      'herald_build_info{version="1.2.3"} 1',
      'herald_deliveries_owed{state="pending"} 0',
      'herald_deliveries_owed{state="held"} 0',
      'herald_deliveries_owed{state="retrying"} 0',
      'herald_delivery_oldest_owed_age_seconds 0',
      'herald_webhooks_stopped{state="paused"} 0',
      'herald_webhooks_stopped{state="disabled"} 0',
      'herald_lanes 0',
    ])
  })

  it('is owed by all tenants, with the age of the oldest; what is deleted is not counted', async () => {
    const { models } = api
    const createdAt = new Date(Date.now() - 90_000)
    await addWebhook(models, { _id: 'wh_1' })
    await addWebhook(models, { _id: 'wh_2', tenant: 'acme', state: 'paused' })
    await addWebhook(models, { _id: 'wh_3', state: 'disabled' })
    await addWebhook(models, { _id: 'wh_4', state: 'disabled', deletedAt: new Date() })
    await addDelivery(models, { _id: 'dlv_1', state: 'retrying', createdAt })
    await addDelivery(models, { _id: 'dlv_2', state: 'retrying', tenant: 'acme' })
    await addDelivery(models, { _id: 'dlv_3', state: 'held' })
    await addDelivery(models, { _id: 'dlv_4', state: 'failed', createdAt: new Date(0) })
    const text = await process(async () => 7)()
    for (const line of [
      'herald_deliveries_owed{state="pending"} 0',
      'herald_deliveries_owed{state="held"} 1',
      'herald_deliveries_owed{state="retrying"} 2',
      'herald_webhooks_stopped{state="paused"} 1',
      'herald_webhooks_stopped{state="disabled"} 1',
      'herald_lanes 7',
    ])
      expect(text).toContain(line)
    const age = text.find((line) => line.startsWith('herald_delivery_oldest'))?.split(' ')[1]
    expect(Number(age)).toBeGreaterThanOrEqual(90)
    expect(Number(age)).toBeLessThan(150)
  })

  it('is counted once for scrapes that follow each other, and is absent where it cannot be', async () => {
    let asked = 0
    const scrape = process(async () => (asked += 1))
    await scrape()
    expect((await scrape()).at(-1)).toBe('herald_lanes 1')
    const away = process(() => Promise.reject(new Error('away')))
    expect((await away()).some((line) => line.startsWith('herald_lanes'))).toBe(false)
  })
})
