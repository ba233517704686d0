import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LANE_RUN } from '../../../src/delivery/types.ts'
import type { Models } from '../../../src/models/connect.ts'
import { DeliveryChanges } from '../../../src/models/deliveries/changes.ts'
import { Claims } from '../../../src/models/deliveries/claims.ts'
import { attemptOf, carrierOf, current, ownModels, owedRow, rowOf } from '../../support/rows.ts'

const own = carrierOf('own')
const other = carrierOf('other')
const lane = { workflow: own.workflow, run: LANE_RUN }

let models: Models
let claims: Claims
let changes: DeliveryChanges
beforeAll(async () => {
  models = await ownModels('changes')
  claims = new Claims(models)
  changes = new DeliveryChanges(models)
})
afterAll(() => models.connection.close())

describe('handing over to the lane', () => {
  it('makes it the carrier: what waited for a first attempt is held, a retry keeps its time', async () => {
    const pending = await owedRow(models, 'over-pending')
    const retry = await owedRow(models, 'over-retry', { state: 'retrying', failures: 1 })
    await changes.handOver([pending, retry], own)
    expect(await rowOf(models, 'over-pending')).toMatchObject({ state: 'held', carrier: lane })
    expect(await rowOf(models, 'over-retry')).toMatchObject({
      state: 'retrying',
      carrier: lane,
      dueAt: retry.dueAt,
    })
  })

  it('leaves what has an attempt open, what another carries, and what has ended', async () => {
    const open = await owedRow(models, 'over-open')
    await claims.claim(open, attemptOf(open, 'a'), own)
    const others = await owedRow(models, 'over-other', { carrier: other })
    const ended = await owedRow(models, 'over-ended', { state: 'failed' })
    await changes.handOver([open, others, ended], own)
    expect((await rowOf(models, open._id)).carrier).toEqual(own)
    expect((await rowOf(models, others._id)).carrier).toEqual(other)
    expect(await rowOf(models, ended._id)).toMatchObject({ state: 'failed', carrier: own })
  })

  it('and a claim at the same time: one of them comes about', async () => {
    for (let turn = 0; turn < 20; turn++) {
      const row = await owedRow(models, `over-race-${turn}`)
      const [claimed] = await Promise.all([
        claims.claim(row, attemptOf(row, 'a'), own),
        new DeliveryChanges(models).handOver([row], own),
      ])
      const after = await rowOf(models, row._id)
      const isHeld = after.carrier?.run === LANE_RUN
      expect([claimed, after.open === undefined]).toEqual(
        isHeld ? ['lost', true] : ['claimed', false],
      )
    }
  })
})

describe('taking a row over', () => {
  it('from a carrier that is gone gives it to one of those who try', async () => {
    await owedRow(models, 'taken', { carrier: carrierOf('gone') })
    const heirs = ['x', 'y', 'z'].map(carrierOf)
    const row = { _id: 'taken' }
    await Promise.all(heirs.map((heir) => changes.takeOver(row, carrierOf('gone'), heir)))
    const { carrier } = await rowOf(models, 'taken')
    expect(heirs).toContainEqual(carrier)
    await changes.takeOver(row, carrierOf('gone'), own)
    expect((await rowOf(models, 'taken')).carrier).toEqual(carrier)
  })

  it('of an earlier version, which names nobody, works as well', async () => {
    await owedRow(models, 'nameless', { state: 'held' })
    await models.deliveries.updateOne({ _id: 'nameless' }, { $unset: { carrier: 1 } })
    await changes.takeOver({ _id: 'nameless' }, undefined, own)
    expect(await rowOf(models, 'nameless')).toMatchObject({ state: 'pending', carrier: own })
  })
})

describe('owing a finished row again', () => {
  it('is done once by all who want the same round, and they see who carries it', async () => {
    await owedRow(models, 'again', { state: 'delivered' })
    await Promise.all([other, own].map((carrier) => changes.reopen('again', 2, carrier)))
    const row = await rowOf(models, 'again')
    expect(row).toMatchObject({ state: 'pending', round: 2, failures: 0 })
    expect([own, other]).toContainEqual(row.carrier)
    await changes.reopen('again', 3, own)
    expect((await rowOf(models, 'again')).round).toBe(2)
  })

  it('leaves an attempt open that is under way, so that the new round waits for it', async () => {
    const row = await owedRow(models, 'again-open')
    await claims.claim(row, attemptOf(row, 'a'), own)
    const reason = { code: 'cancelled' as const, detail: 'A person cancelled it.' }
    await changes.end([row], { state: 'cancelled', reason, at: new Date() })
    await changes.reopen(row._id, 2, other)
    const again = await rowOf(models, row._id)
    expect(again).toMatchObject({ state: 'pending', open: { token: 'a' }, carrier: other })
    expect(await claims.claim(again, attemptOf(again, 'b', other.run), other)).toBe('lost')
  })
})

describe('a reset', () => {
  const run = { ...own, run: 'run-after' }
  const next = { ...own, run: 'run-of-a-later-reset' }
  const reset = (ids: string[], carrier = run, isCurrent = current) =>
    new DeliveryChanges(models).reopenByReset(
      { ids, carrier, limited: new Set(['wh_limited']) },
      isCurrent,
    )

  it('carries what failed and what its earlier run carried, due now; what others carry stays', async () => {
    const later = new Date(Date.now() + 3_600_000)
    await owedRow(models, 'r-failed', { state: 'failed' })
    await owedRow(models, 'r-limited', { state: 'failed', webhook: 'wh_limited' })
    await owedRow(models, 'r-open', { state: 'retrying', dueAt: later })
    await owedRow(models, 'r-lane', { state: 'held', carrier: lane, dueAt: later })
    await owedRow(models, 'r-other', { state: 'retrying', carrier: other, dueAt: later })
    await owedRow(models, 'r-done', { state: 'delivered' })
    const ids = ['r-failed', 'r-limited', 'r-open', 'r-lane', 'r-other', 'r-done']
    await reset(ids)
    const [failed, limited, open, held, others, done] = await Promise.all(
      ids.map((id) => rowOf(models, id)),
    )
    expect(failed).toMatchObject({ state: 'pending', round: 2, carrier: run })
    expect(limited).toMatchObject({ state: 'held', round: 2, carrier: lane })
    expect(open).toMatchObject({ state: 'retrying', round: 1, carrier: run })
    expect(held).toMatchObject({ state: 'held', carrier: lane })
    for (const row of [open, held]) expect(row?.dueAt?.getTime()).toBeLessThan(later.getTime())
    expect(others).toMatchObject({ carrier: other, dueAt: later })
    expect(done).toMatchObject({ state: 'delivered', round: 1 })
  })

  it('and a redelivery of the same failed row at the same time open one round', async () => {
    for (let turn = 0; turn < 20; turn++) {
      const id = `r-race-${turn}`
      await owedRow(models, id, { state: 'failed' })
      await Promise.all([changes.reopen(id, 2, other), reset([id])])
      const row = await rowOf(models, id)
      expect(row.round).toBe(2)
      expect([other, run]).toContainEqual(row.carrier)
    }
  })

  it('changes nothing that a later one has seen to, however late its own writes come', async () => {
    const ids = ['l-failed', 'l-limited', 'l-open', 'l-lane']
    await owedRow(models, 'l-failed', { state: 'failed' })
    await owedRow(models, 'l-limited', { state: 'failed', webhook: 'wh_limited' })
    await owedRow(models, 'l-open', { state: 'retrying' })
    await owedRow(models, 'l-lane', { state: 'held', carrier: lane })
    // it looks, hears that its run goes on, and stands still while a later reset begins and ends
    const answers = [true, false]
    await reset(ids, run, async () => {
      const isCurrent = answers.shift()
      if (isCurrent) await reset(ids, next)
      for (const id of ids.slice(0, 2))
        await models.deliveries.updateOne({ _id: id }, { $set: { state: 'failed' } })
      return isCurrent === true
    })
    const rows = await Promise.all(ids.map((id) => rowOf(models, id)))
    expect(rows.map((row) => row.round)).toEqual([2, 2, 1, 1])
    expect(rows.map((row) => row.state)).toEqual(['failed', 'failed', 'retrying', 'held'])
    expect(rows[2]?.carrier).toEqual(next)
  })

  it('changes nothing once its run has ended', async () => {
    await owedRow(models, 'n-failed', { state: 'failed' })
    await reset(['n-failed'], run, () => Promise.resolve(false))
    expect(await rowOf(models, 'n-failed')).toMatchObject({ state: 'failed', round: 1 })
  })

  it('owes again once what failed, however often its activity is tried', async () => {
    await owedRow(models, 'o-failed', { state: 'failed', webhook: 'wh_limited' })
    await reset(['o-failed'])
    await models.deliveries.updateOne({ _id: 'o-failed' }, { $set: { state: 'failed' } })
    await reset(['o-failed'])
    expect(await rowOf(models, 'o-failed')).toMatchObject({ state: 'failed', round: 2 })
    await reset(['o-failed'], next)
    expect(await rowOf(models, 'o-failed')).toMatchObject({ state: 'held', round: 3 })
  })

  it('sends what fails while it looks', async () => {
    await owedRow(models, 'w-open', { state: 'retrying' })
    let looks = 0
    await reset(['w-open'], run, async () => {
      looks += 1
      if (looks === 1)
        await models.deliveries.updateOne({ _id: 'w-open' }, { $set: { state: 'failed' } })
      return current()
    })
    expect(await rowOf(models, 'w-open')).toMatchObject({
      state: 'pending',
      round: 2,
      carrier: run,
    })
  })
})
