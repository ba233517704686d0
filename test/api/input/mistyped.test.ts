import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { encodeCursor, filterHash } from '../../../src/api/lists/cursor.ts'
import { deliveryFilterFields } from '../../../src/api/deliveries/filter.ts'
import { ROUTES } from '../../../src/api/routes.ts'
import { type Api, addDelivery, startApi } from '../support.ts'

const queries = ROUTES.flatMap(({ method, path, query }) =>
  query instanceof z.ZodObject && method === 'get'
    ? Object.keys(query.shape as object).map((name) => [path, name] as const)
    : [],
)
const lists = [...new Set(queries.filter(([, name]) => name === 'cursor').map(([path]) => path))]

describe('what an operator mistypes', () => {
  let api: Api
  beforeAll(async () => {
    api = await startApi()
    await addDelivery(api.models, { _id: 'dlv_1', state: 'failed' })
  })
  afterAll(() => api.stop())

  it.each(queries)('GET %s: an empty “%s” is refused, and selects nothing', async (path, name) => {
    const answer = await api.call('GET', `${path}?${name}=`)
    expect([answer.status, answer.json]).toMatchObject([
      400,
      { code: 'query_invalid', errors: [{ pointer: `/query/${name}` }] },
    ])
  })

  it.each(Object.keys(deliveryFilterFields))(
    'a replay whose filter has an empty “%s”, or null, or no value of it, is refused',
    async (name) => {
      for (const value of ['', null, [], {}, false]) {
        const body = { filter: { [name]: value }, dryRun: true }
        const answer = await api.call('POST', '/v1/replays', { body })
        expect([answer.status, answer.json], JSON.stringify(value)).toMatchObject([
          422,
          { code: 'validation_failed' },
        ])
        const { errors } = answer.json as { errors: { pointer: string }[] }
        expect([...new Set(errors.map(({ pointer }) => pointer))]).toEqual([`/filter/${name}`])
      }
    },
  )

  it('still takes numbers as numbers and as the digits of a query', async () => {
    const filter = { attempts: 1, status: 500 }
    const dry = await api.call('POST', '/v1/replays', { body: { filter, dryRun: true } })
    expect(dry.status).toBe(200)
    expect((await api.call('GET', '/v1/deliveries?attempts=1&limit=5')).json).toMatchObject({
      data: [{ id: 'dlv_1' }],
    })
    for (const digits of ['1e1', ' 5', '5.0', '+5', '0x5', '9'.repeat(20)])
      expect(
        (await api.call('GET', `/v1/deliveries?limit=${encodeURIComponent(digits)}`)).status,
      ).toBe(400)
  })

  it.each(lists)('GET %s: a forged cursor with an absurd time is no cursor', async (path) => {
    for (const at of [8.64e15 + 1, -8.64e15 - 1, 9e15, -1, 253_402_300_800_000]) {
      const filter = filterHash(path, 'default', {})
      const cursor = encodeCursor({ at, id: 'x', direction: 'next', filter })
      const answer = await api.call('GET', `${path}?cursor=${cursor}`)
      expect([answer.status, answer.json]).toMatchObject([400, { code: 'cursor_invalid' }])
    }
    const latest = { at: 253_402_300_799_999, id: 'x', direction: 'next' as const }
    const cursor = encodeCursor({ ...latest, filter: filterHash(path, 'default', {}) })
    expect((await api.call('GET', `${path}?cursor=${cursor}`)).status).toBe(200)
  })
})
