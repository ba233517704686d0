import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SEED_TYPES } from '../../src/catalogue/seed-types.ts'
import { type Herald, type Json, startHerald } from '../support/herald.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'

let herald: Herald
let receiver: Receiver
beforeAll(async () => {
  herald = await startHerald('catalogue')
  receiver = await startReceiver()
  await herald.webhook({ preset: 'spektr', target: { type: 'http', url: receiver.url } })
})
afterAll(async () => {
  await herald.stop()
  await receiver.close()
})

/** Those of the guide; test/e2e/health.test.ts has the operator events. */
const seeds = [...SEED_TYPES.values()].filter(({ guideName }) => guideName !== undefined)
const delivered = (id: string) =>
  until(async () => {
    const { body } = await herald.call('GET', `/v1/events/${id}`)
    return body['delivered'] === true ? body : undefined
  })

describe('the seed catalogue', () => {
  it('is there after the set-up, with name, guide name and status', async () => {
    const { body } = await herald.call('GET', '/v1/event-types?limit=100')
    const byName = new Map((body['data'] as Json[]).map((type) => [type['name'], type]))
    for (const { name, guideName, status } of seeds)
      expect(byName.get(name)).toMatchObject({ guideName, status, version: 1 })
  })

  it.each(seeds)(
    '$name is the type on the wire, and its example raises no warning',
    async (type) => {
      const data = type.example
      const sent = await herald.call('POST', '/v1/events', { id: type.name, type: type.name, data })
      expect([sent.status, sent.body['warnings']]).toEqual([202, undefined])
      const event = await delivered(type.name)
      expect(event).not.toHaveProperty('validation')
      const hit = receiver.hits.find(({ headers }) => headers['webhook-id'] === type.name)
      expect(JSON.parse(String(hit?.body))).toMatchObject({ type: type.name })
    },
  )

  it('says what was wrong about an event that it delivers all the same, and its stages', async () => {
    const event = { id: 'wrong', type: 'customer_tag_add', data: { tagId: 'vip', action: 'add' } }
    const errors = ['/data/userId', '/data/processId'].map((pointer) => ({
      pointer,
      detail: 'is required',
    }))
    const sent = await herald.call('POST', '/v1/events', event)
    expect([sent.status, sent.body]).toMatchObject([202, { warnings: errors }])
    const time = expect.any(String) as string
    expect(await delivered('wrong')).toMatchObject({
      validation: { ok: false, errors },
      stages: {
        trigger: { at: time },
        prepare: { at: time },
        transmit: { at: time },
        response: { at: time, status: 200 },
      },
    })
  })
})
