import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Api, startApi } from '../support.ts'

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

const ask = async (path: string, body: object): Promise<Record<string, unknown>> => {
  const { status, json } = await api.call('POST', `/v1/webhooks/${path}`, { body })
  return { status, ...(json as Record<string, unknown>) }
}

describe('a planned schedule', () => {
  it.each([
    [{ type: 'fixed', interval: '1s', retries: 3 }, [0, 1, 2, 3]],
    [{ type: 'exponential', initial: '3m', factor: 2, retries: 2 }, [0, 180, 540]],
    [{ type: 'within', attempts: 5, within: '10s' }, [0, 2.5, 5, 7.5, 10]],
    [{ type: 'list', delays: ['5s', '5m'], jitter: 0.5 }, [0, 5, 305]],
    [{ type: 'fixed', interval: '1s', retries: 0 }, [0]],
  ])('of %j starts its attempts after %j seconds', async (retry, starts) => {
    const { attempts, totalSeconds } = await ask('plan-retries', { retry })
    expect(attempts).toEqual(
      starts.map((afterSeconds, index) => ({ number: index + 1, afterSeconds })),
    )
    expect(totalSeconds).toBe(starts.at(-1))
  })

  it('is refused where the schedule is', async () => {
    expect(await ask('plan-retries', { retry: { type: 'never' } })).toMatchObject({ status: 422 })
  })
})

describe('the reach of patterns', () => {
  beforeAll(async () => {
    const at = new Date()
    const event = (id: string, type: string, data: object, receivedAt = at) => ({
      _id: `default/${id}`,
      tenant: 'default',
      id,
      type,
      receivedAt,
      data: JSON.stringify(data),
      hash: 'h',
      workflow: 'w',
      webhooks: [],
      delivered: false,
    })
    await api.models.events.create([
      event('e1', 'customer_add', { status: 'low' }),
      event('e2', 'customer_add', { status: 'high' }),
      event('e3', 'order_paid', {}),
      event('e4', 'customer_add', {}, new Date(Date.now() - 3 * 86_400_000)),
    ])
  })

  it('is what they would have matched of the window', async () => {
    expect(await ask('reach', { events: ['customer_*'] })).toMatchObject({
      listed: 2,
      of: 3,
      types: [{ type: 'customer_add', count: 2 }],
    })
    expect(await ask('reach', { events: ['*'], since: '7d' })).toMatchObject({ listed: 4, of: 4 })
  })

  it('says of a filter how many of the latest it lets through', async () => {
    const filter = 'has(data.status) && data.status == "high"'
    expect(await ask('reach', { events: ['customer_*'], filter })).toMatchObject({
      tried: { events: 2, matched: 1, failed: 0 },
    })
    expect(await ask('reach', { events: ['customer_*'], filter: 'data.' })).toMatchObject({
      status: 422,
    })
  })
})

describe('a URL that is asked about', () => {
  it('may be used, or is refused with the setting that allows it', async () => {
    expect(await ask('check-url', { url: 'https://crm.example.com/hooks' })).toMatchObject({
      status: 200,
      ok: true,
    })
  })
})
