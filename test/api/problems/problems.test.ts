import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { addDelivery, addWebhook, type Api, startApi } from '../support.ts'

type Problem = {
  id: string
  webhook: string
  name: string
  code: string
  state: string
  failed: number
  retrying: number
  example: string | null
}

let api: Api
beforeAll(async () => {
  api = await startApi()
  await addWebhook(api.models, { _id: 'wh_crm', name: 'Risk to CRM' })
})
afterAll(() => api.stop())
beforeEach(async () => {
  await api.models.deliveries.deleteMany({})
  await api.models.problemMarks.deleteMany({})
})

let next = 0
const failedAt = (agoMs: number, fields: object = {}, code = 'http_5xx') =>
  addDelivery(api.models, {
    _id: `dlv_${(next += 1)}`,
    webhook: 'wh_crm',
    state: 'failed',
    createdAt: new Date(Date.now() - agoMs),
    lastAttempt: { number: 1, at: new Date(Date.now() - agoMs), outcome: 'failed', code },
    ...fields,
  })

async function problems(query = ''): Promise<Problem[]> {
  const { status, text, json } = await api.call('GET', `/v1/problems?${query}`)
  expect(status, text).toBe(200)
  return (json as { data: Problem[] }).data
}
const mark = (id: string, verb: string, key?: string) =>
  api.call('POST', `/v1/problems/${id}/${verb}`, { body: {}, ...(key && { key }) })

describe('problems', () => {
  it('are the failures of a webhook with one code, the last one first', async () => {
    await failedAt(60_000)
    await failedAt(30_000, { state: 'retrying' })
    await failedAt(20_000)
    await failedAt(10_000, {}, 'timeout')
    await failedAt(5_000, { state: 'delivered' })
    const [timeout, broken, ...others] = await problems()
    expect(others).toEqual([])
    expect(timeout).toMatchObject({ code: 'timeout', failed: 1, retrying: 0 })
    expect(broken).toMatchObject({
      webhook: 'wh_crm',
      name: 'Risk to CRM',
      code: 'http_5xx',
      state: 'open',
      failed: 2,
      retrying: 1,
      example: `dlv_${next - 2}`,
    })
  })

  it('leave out what is older than the window, and other tenants', async () => {
    await failedAt(3 * 3_600_000)
    await failedAt(1_000, { tenant: 'acme' })
    expect(await problems('since=1h')).toEqual([])
    expect(await problems('since=24h')).toHaveLength(1)
  })

  it('that are acknowledged stay so while they last, and are resolved once nothing of them is left', async () => {
    await failedAt(1_000)
    const [problem] = await problems()
    expect((await mark(problem?.id ?? '', 'acknowledge')).json).toMatchObject({
      state: 'acknowledged',
      failed: 1,
    })
    await failedAt(500)
    expect(await problems()).toMatchObject([{ state: 'acknowledged', failed: 2 }])
    await api.models.deliveries.updateMany({}, { $set: { state: 'delivered' } })
    expect(await problems()).toMatchObject([{ state: 'resolved', failed: 0, example: null }])
    expect(await problems('state=open')).toEqual([])
  })

  it('that were resolved open again with what fails later, and count only that', async () => {
    await failedAt(1_000)
    await failedAt(900)
    const [problem] = await problems()
    expect((await mark(problem?.id ?? '', 'resolve')).json).toMatchObject({ state: 'resolved' })
    expect(await problems('state=open')).toEqual([])
    await failedAt(-50)
    expect(await problems()).toMatchObject([{ state: 'open', failed: 1 }])
    await mark(problem?.id ?? '', 'reopen')
    expect(await problems()).toMatchObject([{ state: 'open', failed: 3 }])
  })

  it('are marked by operators, on record in the audit', async () => {
    await failedAt(1_000)
    const [problem] = await problems()
    const id = problem?.id ?? ''
    expect((await mark(id, 'acknowledge', api.keys.viewer)).status).toBe(403)
    expect((await mark('prb_unknown', 'acknowledge')).status).toBe(404)
    await mark(id, 'acknowledge', api.keys.operator)
    const audit = await api.call('GET', `/v1/audit?resource=${id}`)
    expect((audit.json as { data: unknown[] }).data[0]).toMatchObject({
      action: 'problem.acknowledged',
      after: { state: 'acknowledged', webhook: 'wh_crm' },
    })
  })
})
