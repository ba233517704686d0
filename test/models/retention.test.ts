import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sweep } from '../../src/process/retention.ts'
import { purgeDue } from '../../src/models/retention.ts'
import { temporalDays } from '../../src/temporal/retention.ts'
import { DeliveryChanges } from '../../src/models/deliveries/changes.ts'
import { addDelivery, type Api, startApi } from '../api/support.ts'
import { current } from '../support/rows.ts'

const DAY_MS = 86_400_000
const days = 30
const start = Date.now()

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

/** An event that came `agoMs` before `start`, with a delivery and an attempt for each of these states. */
async function addEvent(id: string, states: Record<string, string>, agoMs = 3_600_000) {
  const at = new Date(start - agoMs)
  await api.models.events.create({
    _id: `default/${id}`,
    tenant: 'default',
    id,
    type: 'a.b',
    receivedAt: at,
    data: '{}',
    hash: id,
    workflow: `event/default/${id}`,
    webhooks: Object.keys(states),
    delivered: false,
  })
  for (const [webhook, state] of Object.entries(states)) {
    const row = { _id: `${id}-${webhook}`, event: id, webhook, createdAt: at }
    await addDelivery(api.models, { ...row, state: state as 'failed' })
    await addAttempt(id, webhook, at)
  }
}

async function addAttempt(event: string, webhook: string, at: Date) {
  const delivery = `${event}-${webhook}`
  await api.models.attempts.create({
    _id: `${delivery}/1`,
    tenant: 'default',
    delivery,
    event,
    webhook,
    number: 1,
    startedAt: at,
    outcome: 'failed',
  })
}

const sweepAt = (afterMs: number, keptDays = days, auditDays = 0) =>
  sweep(api.models, { nowMs: start + afterMs, days: keptDays, auditDays })

/** How many documents of an event there are, and how many of them have a day on which they go. */
async function documentsOf(id: string) {
  const { events, deliveries, attempts } = api.models
  const found = [
    ...(await events.find({ _id: `default/${id}` }, { purgeAt: 1 }).lean()),
    ...(await deliveries.find({ event: id }, { purgeAt: 1 }).lean()),
    ...(await attempts.find({ event: id }, { purgeAt: 1 }).lean()),
  ]
  return [found.length, found.filter((one) => one.purgeAt).length]
}

describe('retention', () => {
  it('removes an event with its deliveries and attempts 30 days after nothing of it is owed', async () => {
    await addEvent('over', { a: 'delivered', b: 'failed', c: 'skipped', d: 'cancelled' })
    await sweepAt(0)
    expect(await documentsOf('over')).toEqual([9, 9])
    await sweepAt(days * DAY_MS - 1_000)
    expect(await documentsOf('over')).toEqual([9, 9])
    await sweepAt(days * DAY_MS + 1_000)
    expect(await documentsOf('over')).toEqual([0, 0])
  })

  it('never removes what is owed, nor anything of the same event, however old', async () => {
    for (const state of ['pending', 'held', 'retrying'])
      await addEvent(`owed-${state}`, { a: 'delivered', b: state }, 1_000 * DAY_MS)
    await sweepAt(0)
    await sweepAt(500 * DAY_MS)
    for (const state of ['pending', 'held', 'retrying'])
      expect(await documentsOf(`owed-${state}`)).toEqual([5, 0])
  })

  it('dates an event that no webhook matched', async () => {
    await addEvent('unmatched', {})
    await sweepAt(0)
    expect(await documentsOf('unmatched')).toEqual([1, 1])
  })

  it('leaves alone what has just ended, and an event whose rows are not stored yet', async () => {
    await addEvent('fresh', { a: 'delivered' }, 60_000)
    await addEvent('rowless', { a: 'delivered' })
    await api.models.deliveries.deleteOne({ _id: 'rowless-a' })
    await sweepAt(0)
    expect(await documentsOf('fresh')).toEqual([3, 0])
    expect(await documentsOf('rowless')).toEqual([2, 0])
  })

  it('keeps all of an event that is owed again by a redelivery or a reset', async () => {
    await addEvent('again', { a: 'delivered', b: 'failed' })
    await addEvent('reset', { a: 'delivered', b: 'failed' })
    await sweepAt(0)
    const changes = new DeliveryChanges(api.models)
    const carrier = { workflow: 'w', run: 'r' }
    await changes.reopen('again-b', 2, carrier)
    const rows = await api.models.deliveries.find({ event: 'reset' }).lean()
    const ids = rows.map((row) => row._id)
    await changes.reopenByReset({ ids, carrier, limited: new Set() }, current)
    for (const id of ['again', 'reset']) {
      expect(await documentsOf(id)).toEqual([5, 0])
      await sweepAt(days * DAY_MS + 1_000)
      expect(await documentsOf(id)).toEqual([5, 0])
    }
  })

  it('mends what a sweep that was cut off left: an open row or its siblings with a date', async () => {
    await addEvent('cut', { a: 'delivered', b: 'retrying' })
    const purgeAt = new Date(start - 1_000)
    const dated = { $set: { purgeAt: new Date(start + DAY_MS) } }
    await api.models.deliveries.updateOne({ _id: 'cut-a' }, dated)
    await api.models.attempts.updateOne({ _id: 'cut-a/1' }, dated)
    await sweepAt(0)
    expect(await documentsOf('cut')).toEqual([5, 0])
    await addEvent('half', { a: 'delivered' })
    await api.models.deliveries.updateOne({ _id: 'half-a' }, { $set: { purgeAt } })
    await sweepAt(-1_000)
    expect(await documentsOf('half')).toEqual([3, 3])
  })

  it('never removes an owed delivery, even on its day', async () => {
    await addEvent('owed-on-its-day', { a: 'retrying', b: 'delivered' })
    const purgeAt = new Date(start - DAY_MS)
    await api.models.deliveries.updateMany({ event: 'owed-on-its-day' }, { $set: { purgeAt } })
    await purgeDue(api.models, start)
    const left = await api.models.deliveries.find({ event: 'owed-on-its-day' }).lean()
    expect(left.map((row) => row._id)).toEqual(['owed-on-its-day-a'])
  })

  it('of 0 days keeps everything for ever, also what had a date', async () => {
    await addEvent('ever', { a: 'delivered' })
    await sweepAt(0)
    expect(await documentsOf('ever')).toEqual([3, 3])
    await sweepAt(1_000 * DAY_MS, 0)
    expect(await documentsOf('ever')).toEqual([3, 0])
  })

  it('sweeps more events than fit in one batch', async () => {
    const at = new Date(start - 3_600_000)
    const event = { tenant: 'many', type: 'a.b', receivedAt: at, data: '{}', hash: 'h' }
    const owner = { workflow: 'events/1', webhooks: [], delivered: false }
    const many = Array.from({ length: 1_200 }, (_, n) =>
      Object.assign({ _id: `many/m${n}`, id: `m${n}` }, event, owner),
    )
    await api.models.events.insertMany(many)
    expect((await sweepAt(0)).dated).toBeGreaterThanOrEqual(1_200)
    expect((await sweepAt(days * DAY_MS + 1_000)).removed).toBeGreaterThanOrEqual(1_200)
    expect(await api.models.events.countDocuments({ tenant: 'many' })).toBe(0)
  })

  it('of the audit has days of its own, of which 0 keeps every entry', async () => {
    const { audit } = api.models
    const entry = { tenant: 'default', key: 'herald', action: 'webhook.disabled', resource: 'wh' }
    await audit.create({ ...entry, _id: 'aud_old', at: new Date(start - 366 * DAY_MS) })
    await audit.create({ ...entry, _id: 'aud_young', at: new Date(start - 364 * DAY_MS) })
    const kept = async () => (await audit.find().sort({ _id: 1 }).lean()).map(({ _id }) => _id)
    await sweepAt(0, days, 0)
    expect(await kept()).toEqual(['aud_old', 'aud_young'])
    await sweepAt(0, 0, 365)
    expect(await kept()).toEqual(['aud_young'])
  })

  it("of Temporal is never longer than MongoDB's", () => {
    const of = (record: number, temporal: number) =>
      temporalDays({ RETENTION_DAYS: record, TEMPORAL_RETENTION_DAYS: temporal })
    expect([of(30, 7), of(3, 7), of(0, 7), of(30, 0)]).toEqual([7, 3, 7, 0])
  })
})
