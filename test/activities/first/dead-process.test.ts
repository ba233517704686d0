import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { DeliverInput, MatchInput } from '../../../src/delivery/contract.ts'
import type { Carrier } from '../../../src/delivery/types.ts'
import { cancelDeliveries } from '../../../src/activities/deliver/cancel-deliveries.ts'
import { holdNextCommand } from '../../support/held-command.ts'
import { until } from '../../support/until.ts'
import { answersAfter, models, numbers, scene, sending, useModels } from './scene.ts'

useModels('first_attempts_died')

/** Sends a first attempt in a process that dies before the row has come to MongoDB. */
async function sentByDead(input: MatchInput, carrier: Carrier, target: DeliverInput) {
  const { first } = sending()
  await first.matched(input, carrier)
  await first.of(target, carrier)
  await models.deliveries.deleteMany({ webhook: target.webhook })
}

describe('the first attempt of a delivery', () => {
  it('of a process that died with it is unknown, and the next one follows', async () => {
    const { receiver, carrier, input, target, row } = await scene()
    await sentByDead(input, carrier, target)
    const herald = sending()
    await herald.first.matched(input, carrier)
    expect(await herald.first.of(target, carrier)).toEqual({})
    expect(await row()).toMatchObject({ attempts: 1, unknowns: 1, log: [{ outcome: 'unknown' }] })
    expect(await herald.pass(carrier, target.webhook, target.deliveries)).toMatchObject({
      kind: 'finished',
    })
    expect(await row()).toMatchObject({ state: 'delivered', attempts: 2 })
    expect(numbers(receiver)).toEqual([1, 2])
  })

  it('of a process that died with it is unknown also where the webhook was paused meanwhile, and is still owed', async () => {
    const { receiver, carrier, input, target, row } = await scene()
    await sentByDead(input, carrier, target)
    await models.webhooks.updateOne({ _id: target.webhook }, { $set: { state: 'paused' } })
    const herald = sending()
    await herald.first.matched(input, carrier)
    expect(await row()).toMatchObject({ state: 'pending', attempts: 1, unknowns: 1 })
    expect(await herald.pass(carrier, target.webhook, target.deliveries)).toMatchObject({
      kind: 'paused',
    })
    expect(numbers(receiver)).toEqual([1])
  })

  it('of a process that died with it is on record, and nothing more is owed, where its workflow was cancelled meanwhile', async () => {
    const { receiver, carrier, input, target, row } = await scene()
    await sentByDead(input, carrier, target)
    const herald = sending()
    const match = (again: MatchInput) => herald.first.matched(again, carrier)
    const cancelled = { deliveries: target.deliveries, events: input.events }
    await cancelDeliveries(cancelled, carrier, { ...herald, match })
    expect(await row()).toMatchObject({
      state: 'cancelled',
      attempts: 1,
      log: [{ outcome: 'unknown' }],
    })
    expect(numbers(receiver)).toEqual([1])
  })

  it('of a process that died with it open is on record, though its row was cancelled before another one took over', async () => {
    const { receiver, carrier, input, target, row } = await scene(answersAfter(5_000))
    const dead = sending()
    await dead.first.matched(input, carrier)
    const shown = { webhook: target.webhook, open: { $exists: true } }
    await until(async () => (await models.deliveries.countDocuments(shown)) === 1)
    const reason = { code: 'cancelled' as const, detail: '' }
    await dead.changes.cancel(await row(), { reason, at: new Date() })
    await models.deliveries.updateOne(
      { _id: (await row())._id },
      { $set: { 'open.until': new Date() } },
    )
    const herald = sending()
    const { targets } = await herald.first.matched(input, carrier)
    expect(targets).toMatchObject([{ deliveries: target.deliveries }])
    const end = await herald.pass(carrier, target.webhook, target.deliveries)
    expect(end).toMatchObject({ kind: 'finished' })
    expect(await row()).toMatchObject({ state: 'cancelled', log: [{ outcome: 'unknown' }] })
    expect(numbers(receiver)).toEqual([1])
  })

  it('of a webhook that was paused when its event came was sent by nobody, whoever died', async () => {
    const { carrier, input, target, row } = await scene(undefined, { state: 'paused' })
    await sending().first.matched(input, carrier)
    await models.deliveries.deleteMany({ webhook: target.webhook })
    await sending().first.matched(input, carrier)
    expect(await row()).toMatchObject({ state: 'skipped', attempts: 0 })
  })

  it('counts, though another process took its sender for dead meanwhile', async () => {
    const { receiver, carrier, input, target, row } = await scene(answersAfter(150))
    const slow = sending()
    await slow.first.matched(input, carrier)
    const herald = sending()
    await herald.first.matched(input, carrier)
    await slow.first.of(target, carrier)
    await slow.first.ended()
    expect(await row()).toMatchObject({
      state: 'delivered',
      log: [{ number: 1, outcome: 'delivered' }],
    })
    expect(numbers(receiver)).toEqual([1])
  })

  it('whose record MongoDB lost is stored again as unknown when its workflow asks for it', async () => {
    const { receiver, carrier, input, target, row } = await scene()
    const { first } = sending()
    await first.matched(input, carrier)
    await first.of(target, carrier)
    await models.deliveries.deleteMany({ webhook: target.webhook })
    await first.matched({ ...input, again: true }, carrier)
    expect(await row()).toMatchObject({ state: 'pending', attempts: 1, unknowns: 1 })
    expect(numbers(receiver)).toEqual([1])
  })

  it('is taken over once more by a workflow task that begins anew, though it has been heard of', async () => {
    const { receiver, carrier, input, target, row } = await scene()
    const { first } = sending()
    const matched = await first.matched(input, carrier)
    const result = await first.of(target, carrier)
    expect(await first.matched(input, carrier)).toEqual(matched)
    expect(await first.of(target, carrier)).toEqual(result)
    expect(await row()).toMatchObject({ state: 'delivered', attempts: 1, unknowns: 0 })
    expect(numbers(receiver)).toEqual([1])
  })

  it('of an event that another process stored after this one had begun is left to that one', async () => {
    const { receiver, carrier, input, target, row } = await scene(answersAfter(150))
    const { held, release } = holdNextCommand(models)
    const slow = sending().first.matched(input, carrier)
    slow.catch(() => undefined)
    await held
    await sleep(2) // dates have whole milliseconds
    const { first } = sending()
    await first.matched(input, carrier)
    release()
    await expect(slow).rejects.toThrow(/another process has taken over/)
    await first.of(target, carrier)
    await first.ended()
    expect(await row()).toMatchObject({ state: 'delivered', log: [{ outcome: 'delivered' }] })
    expect(numbers(receiver)).toEqual([1])
  })
})
