import { describe, expect, it } from 'vitest'
import type { EventEnvelope } from '../../src/delivery/types.ts'
import { isMissed } from '../../src/filter/missed.ts'

const event = (fields: Partial<EventEnvelope>): EventEnvelope => ({
  tenant: 'default',
  id: 'evt_1',
  type: 'order.paid',
  receivedAt: '2026-01-01T00:00:00.000Z',
  data: '{"amount":5}',
  hash: '',
  ...fields,
})

describe('an event without a delivery is missed', () => {
  it.each([
    ['whose type is listed', { events: ['order.*'] }, {}, true],
    ['whose type is not listed', { events: ['user.*'] }, {}, false],
    ['that the filter wants', { events: ['*'], filter: 'data.amount > 4.0' }, {}, true],
    ['that the filter does not want', { events: ['*'], filter: 'data.amount > 5.0' }, {}, false],
    ['for which the filter fails', { events: ['*'], filter: 'data.none > 5.0' }, {}, false],
    ['that is a test', { events: ['*'] }, { test: true }, false],
    ['that is herald’s own', { events: ['*'] }, { type: 'herald.test' }, false],
    ['of herald, by its name', { events: ['herald.test'] }, { type: 'herald.test' }, true],
  ])('%s: %o', async (_name, webhook, fields, missed) => {
    expect(await isMissed(webhook, event(fields))).toBe(missed)
  })
})
