import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { wantsType } from '../../src/delivery/match.ts'
import type { EventEnvelope } from '../../src/delivery/types.ts'
import { DeliveryChanges } from '../../src/models/deliveries/changes.ts'
import { Outbox } from '../../src/models/deliveries/outbox.ts'
import { addWebhook, type Api, startApi } from '../api/support.ts'

let api: Api
let outbox: Outbox
beforeAll(async () => {
  api = await startApi()
  outbox = new Outbox(api.models, new DeliveryChanges(api.models))
})
afterAll(() => api.stop())
beforeEach(() => api.models.webhooks.deleteMany({}))

const eventOf = (type: string, onlyWebhook?: string): EventEnvelope => ({
  tenant: 'default',
  id: `e-${type}`,
  type,
  data: '{}',
  hash: 'h',
  receivedAt: new Date(0).toISOString(),
  ...(onlyWebhook === undefined ? {} : { onlyWebhook, test: true }),
})

const candidates = async (...events: EventEnvelope[]) =>
  (await outbox.candidates(events)).map((webhook) => webhook._id).toSorted()

const name = fc.string({ unit: fc.constantFrom('a', 'b', '_', '.'), minLength: 1, maxLength: 4 })
const pattern = fc.string({
  unit: fc.constantFrom('a', 'b', '_', '.', '*'),
  minLength: 1,
  maxLength: 4,
})

describe('the webhooks that are read for a group of events', () => {
  it('include every webhook that wants one of them, and none that lists only other types', async () => {
    const lists = fc.array(fc.array(pattern, { minLength: 1, maxLength: 3 }), { maxLength: 8 })
    const types = fc.array(name, { minLength: 1, maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(lists, types, async (patterns, posted) => {
        await api.models.webhooks.deleteMany({})
        for (const [n, events] of patterns.entries())
          await addWebhook(api.models, { _id: `w${n}`, events })
        const found = await candidates(...posted.map((type) => eventOf(type)))
        for (const [n, events] of patterns.entries()) {
          const isWanted = posted.some((type) => wantsType(events, type))
          const isPlain = events.every((one) => !one.includes('*'))
          if (isWanted) expect(found).toContain(`w${n}`)
          else if (isPlain) expect(found).not.toContain(`w${n}`)
        }
      }),
      { numRuns: 100 },
    )
  })

  it('include paused ones, and leave out deleted ones and those of other tenants', async () => {
    await addWebhook(api.models, { _id: 'active', events: ['a.b'] })
    await addWebhook(api.models, { _id: 'paused', events: ['a.*'], state: 'paused' })
    await addWebhook(api.models, { _id: 'deleted', events: ['a.b'], deletedAt: new Date() })
    await addWebhook(api.models, { _id: 'elsewhere', events: ['a.b'], tenant: 'other' })
    expect(await candidates(eventOf('a.b'))).toEqual(['active', 'paused'])
  })

  it('include the webhook that a test is for, whatever it lists', async () => {
    await addWebhook(api.models, { _id: 'tested', events: ['something.else'] })
    await addWebhook(api.models, { _id: 'other', events: ['something.else'] })
    expect(await candidates(eventOf('a.b', 'tested'))).toEqual(['tested'])
  })
})
