import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Api, startApi } from '../support.ts'

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

const input = { name: 'x', events: ['a'], target: { type: 'http', url: 'https://a.example.com/' } }

async function webhook(): Promise<string> {
  const made = await api.call('POST', '/v1/webhooks', { body: input })
  return (made.json as { id: string }).id
}

describe('the auto-disable policy of a webhook', () => {
  const patch = (id: string, version: number, body: unknown) =>
    api.call('PATCH', `/v1/webhooks/${id}`, { body, headers: { 'if-match': `"${version}"` } })

  it('is the default, a policy of its own, or off, also by merge patch', async () => {
    const id = await webhook()
    const policyOf = (answer: { json: unknown }) =>
      (answer.json as { autoDisable: unknown }).autoDisable
    const usual = { after: '5d', attempts: 20 }
    expect(policyOf(await api.call('GET', `/v1/webhooks/${id}`))).toEqual(usual)
    const shorter = await patch(id, 1, { autoDisable: { after: '12h' } })
    expect(policyOf(shorter)).toEqual({ after: '12h', attempts: 20 })
    expect(policyOf(await patch(id, 2, { autoDisable: null }))).toBeNull()
    expect(policyOf(await patch(id, 3, { name: 'still off' }))).toBeNull()
    expect(policyOf(await patch(id, 4, { autoDisable: {} }))).toEqual(usual)
    expect((await patch(id, 5, { autoDisable: { after: '1ms' } })).json).toMatchObject({
      errors: [{ pointer: '/autoDisable/after' }],
    })
    const off = await api.call('POST', '/v1/webhooks', { body: { ...input, autoDisable: null } })
    expect(policyOf(off)).toBeNull()
  })

  it('shows how long a webhook has been failing; a change by a person ends the count, and keeps the warning', async () => {
    const id = await webhook()
    const since = new Date(Date.UTC(2026, 0, 2))
    const alarm = { type: 'failing' as const, at: since, streak: since, attempts: 7 }
    const health = { since, attempts: 7, alarm }
    await api.models.webhooks.updateOne({ _id: id }, { $set: { health } })
    const failing = { since: since.toISOString(), attempts: 7 }
    expect((await api.call('GET', `/v1/webhooks/${id}`)).json).toMatchObject({ failing })
    expect((await patch(id, 1, { name: 'y' })).status).toBe(200)
    expect((await api.call('GET', `/v1/webhooks/${id}`)).json).not.toHaveProperty('failing')
    expect(await api.models.webhooks.findById(id).lean()).toMatchObject({ health: { alarm } })
  })
})
