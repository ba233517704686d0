import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DeliverInput, MatchInput } from '../../../src/delivery/contract.ts'
import type { Carrier, EventEnvelope } from '../../../src/delivery/types.ts'
import { cancelDeliveries } from '../../../src/activities/deliver/cancel-deliveries.ts'
import { deliveryId } from '../../../src/ids.ts'
import type { Models } from '../../../src/models/connect.ts'
import type { WebhookDocument } from '../../../src/models/webhooks/document.ts'
import { addWebhook } from '../../api/support.ts'
import { type Answer, type Hit, type Receiver, startReceiver } from '../../support/receiver.ts'
import { ownModels, rowOf } from '../../support/rows.ts'
import { loopbackPoster, poisoned, sendingProcess } from '../../support/sending.ts'
import { until } from '../../support/until.ts'

const poster = loopbackPoster()
const receivers: Receiver[] = []
let models: Models
beforeAll(async () => {
  models = await ownModels('first_attempts')
})
afterAll(async () => {
  await poster.close()
  await Promise.all(receivers.map((receiver) => receiver.close()))
  await models.connection.close()
})

/** A webhook with a receiver and a type of its own, and an event for it in a workflow. */
async function scene(
  answer?: (hit: Hit, n: number) => Answer,
  fields: Partial<WebhookDocument> = {},
) {
  const id = randomUUID().slice(0, 8)
  const receiver = await startReceiver(answer)
  receivers.push(receiver)
  const target = { type: 'http' as const, url: receiver.url, timeout: '10s' }
  await addWebhook(models, { _id: `wh_${id}`, events: [id], target, concurrency: 8, ...fields })
  const event: EventEnvelope = {
    tenant: 'default',
    id,
    type: id,
    receivedAt: new Date().toISOString(),
    data: '{}',
    hash: id,
  }
  const workflow = `event/default/${id}`
  const carrier = { workflow, run: `run-${id}` }
  const delivery = deliveryId('default', id, `wh_${id}`)
  const target1 = { tenant: 'default', webhook: `wh_${id}`, name: id, deliveries: [delivery] }
  return {
    receiver,
    carrier,
    target: target1,
    input: { workflow, events: [event], reset: false },
    row: () => rowOf(models, delivery),
  }
}
/** Sends a first attempt in a process that dies before the row has come to MongoDB. */
async function sentByDead(input: MatchInput, carrier: Carrier, target: DeliverInput) {
  const { first } = sendingProcess(models, poster)
  await first.matched(input, carrier)
  await first.of(target, carrier)
  await models.deliveries.deleteMany({ webhook: target.webhook })
}
const answersAfter = (delayMs: number) => () => ({ status: 200, delayMs })
const numbers = ({ hits }: Receiver) => hits.map((hit) => Number(hit.headers['herald-attempt']))

describe('the first attempt of a delivery', () => {
  it('is made at once, and one write has its row, its record and its outcome', async () => {
    const { receiver, carrier, input, target, row } = await scene()
    const { first } = sendingProcess(models, poster)
    const { targets } = await first.matched(input, carrier)
    expect(targets).toMatchObject([{ deliveries: target.deliveries }])
    const { result } = await first.of(target, carrier)
    expect(result).toMatchObject({ delivered: 1, failed: 0 })
    expect(result?.deliveries[0]?.attempts[0]).toMatch(/^1: 200 in /)
    expect(await row()).toMatchObject({
      state: 'delivered',
      attempts: 1,
      failures: 0,
      log: [{ number: 1, outcome: 'delivered', response: { status: 200 } }],
      lastAttempt: { number: 1, status: 200 },
      carrier,
    })
    expect(await row()).not.toHaveProperty('dueAt')
    expect(await row()).not.toHaveProperty('open')
    expect(numbers(receiver)).toEqual([1])
    await until(async () => (await models.events.findOne({ id: target.name }).lean())?.delivered)
  })

  it('is made once, though ingest and the activity both begin it', async () => {
    const { receiver, carrier, input, target } = await scene(answersAfter(50))
    const { first } = sendingProcess(models, poster)
    first.begin(input, carrier)
    await first.matched(input, carrier)
    first.begin(input, carrier)
    expect((await first.of(target, carrier)).result).toMatchObject({ delivered: 1 })
    expect(numbers(receiver)).toEqual([1])
  })

  it('that fails leaves a row that is due for its activity', async () => {
    const { receiver, carrier, input, target, row } = await scene(() => ({ status: 500 }))
    const herald = sendingProcess(models, poster)
    await herald.first.matched(input, carrier)
    expect(await herald.first.of(target, carrier)).toEqual({})
    const { dueAt, log } = await row()
    expect(await row()).toMatchObject({ state: 'retrying', attempts: 1, failures: 1 })
    const waitMs = (dueAt?.getTime() ?? 0) - (log?.[0]?.endedAt?.getTime() ?? 0)
    expect(waitMs).toBeGreaterThanOrEqual(1_000)
    expect(waitMs).toBeLessThanOrEqual(1_001)
    expect(await herald.pass(carrier, target.webhook, target.deliveries)).toMatchObject({
      kind: 'left',
      dueAtMs: dueAt?.getTime(),
    })
    expect(numbers(receiver)).toEqual([1])
  })

  it('that is the only one and fails has failed', async () => {
    const retry = { type: 'fixed', interval: '1s', retries: 0 } as const
    const { carrier, input, target, row } = await scene(() => ({ status: 500 }), { retry })
    const { first } = sendingProcess(models, poster)
    await first.matched(input, carrier)
    expect((await first.of(target, carrier)).result).toMatchObject({ delivered: 0, failed: 1 })
    expect(await row()).toMatchObject({
      state: 'failed',
      reason: { code: 'http_5xx' },
      failures: 1,
    })
  })

  it('that takes its time is shown as open, and settled when its answer comes', async () => {
    const { carrier, input, target, row } = await scene(answersAfter(600))
    const { first } = sendingProcess(models, poster)
    await first.matched(input, carrier)
    await until(
      async () => (await models.deliveries.countDocuments({ webhook: target.webhook })) > 0,
    )
    expect(await row()).toMatchObject({ state: 'pending', attempts: 1, open: { number: 1 } })
    expect((await first.of(target, carrier)).result).toMatchObject({ delivered: 1 })
    expect(await row()).toMatchObject({ state: 'delivered', attempts: 1 })
    expect(await row()).not.toHaveProperty('open')
  })

  it('that outlasts a second is left to its activity, which waits for it and sends nothing beside it', async () => {
    const { receiver, carrier, input, target, row } = await scene(answersAfter(1_600))
    const herald = sendingProcess(models, poster)
    await herald.first.matched(input, carrier)
    const fromMs = Date.now()
    expect(await herald.first.of(target, carrier)).toEqual({})
    expect(Date.now() - fromMs).toBeLessThan(1_400)
    expect(await herald.pass(carrier, target.webhook, target.deliveries)).toMatchObject({
      kind: 'finished',
    })
    expect(await row()).toMatchObject({ state: 'delivered', attempts: 1 })
    expect(numbers(receiver)).toEqual([1])
    await herald.first.ended()
  })

  it('that is still open is waited for by its activity in another process, which sends nothing beside it', async () => {
    const { receiver, carrier, input, target, row } = await scene(answersAfter(1_800))
    const one = sendingProcess(models, poster)
    await one.first.matched(input, carrier)
    expect(await one.first.of(target, carrier)).toEqual({})
    const other = sendingProcess(models, poster)
    await other.pass(carrier, target.webhook, target.deliveries)
    expect(await row()).toMatchObject({ state: 'delivered', attempts: 1, unknowns: 0 })
    expect(numbers(receiver)).toEqual([1])
  })

  it('is on record without its answer where MongoDB refuses that', async () => {
    const { receiver, carrier, input, target, row } = await scene()
    const { first } = sendingProcess(models, poisoned(poster))
    await first.matched(input, carrier)
    await first.of(target, carrier)
    const detail = 'Its request and answer could not be stored.'
    expect(await row()).toMatchObject({ state: 'delivered', attempts: 1, log: [{ detail }] })
    expect(numbers(receiver)).toEqual([1])
  })

  it('of a process that died with it is unknown, and the next one follows', async () => {
    const { receiver, carrier, input, target, row } = await scene()
    await sentByDead(input, carrier, target)
    const herald = sendingProcess(models, poster)
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
    const herald = sendingProcess(models, poster)
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
    const herald = sendingProcess(models, poster)
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
    const dead = sendingProcess(models, poster)
    await dead.first.matched(input, carrier)
    const shown = { webhook: target.webhook, open: { $exists: true } }
    await until(async () => (await models.deliveries.countDocuments(shown)) === 1)
    const reason = { code: 'cancelled', detail: '' }
    await dead.changes.cancel(await row(), { reason, at: new Date() })
    await models.deliveries.updateOne(
      { _id: (await row())._id },
      { $set: { 'open.until': new Date() } },
    )
    const herald = sendingProcess(models, poster)
    const { targets } = await herald.first.matched(input, carrier)
    expect(targets).toMatchObject([{ deliveries: target.deliveries }])
    const end = await herald.pass(carrier, target.webhook, target.deliveries)
    expect(end).toMatchObject({ kind: 'finished' })
    expect(await row()).toMatchObject({ state: 'cancelled', log: [{ outcome: 'unknown' }] })
    expect(numbers(receiver)).toEqual([1])
  })

  it('of a webhook that was paused when its event came was sent by nobody, whoever died', async () => {
    const { carrier, input, target, row } = await scene(undefined, { state: 'paused' })
    await sendingProcess(models, poster).first.matched(input, carrier)
    await models.deliveries.deleteMany({ webhook: target.webhook })
    await sendingProcess(models, poster).first.matched(input, carrier)
    expect(await row()).toMatchObject({ state: 'skipped', attempts: 0 })
  })

  it('counts, though another process took its sender for dead meanwhile', async () => {
    const { receiver, carrier, input, target, row } = await scene(answersAfter(150))
    const slow = sendingProcess(models, poster)
    await slow.first.matched(input, carrier)
    const herald = sendingProcess(models, poster)
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
    const { first } = sendingProcess(models, poster)
    await first.matched(input, carrier)
    await first.of(target, carrier)
    await models.deliveries.deleteMany({ webhook: target.webhook })
    await first.matched({ ...input, again: true }, carrier)
    expect(await row()).toMatchObject({ state: 'pending', attempts: 1, unknowns: 1 })
    expect(numbers(receiver)).toEqual([1])
  })

  it('is taken over once more by a workflow task that begins anew, though it has been heard of', async () => {
    const { receiver, carrier, input, target, row } = await scene()
    const { first } = sendingProcess(models, poster)
    const matched = await first.matched(input, carrier)
    const result = await first.of(target, carrier)
    expect(await first.matched(input, carrier)).toEqual(matched)
    expect(await first.of(target, carrier)).toEqual(result)
    expect(await row()).toMatchObject({ state: 'delivered', attempts: 1, unknowns: 0 })
    expect(numbers(receiver)).toEqual([1])
  })

  it('is not made for a paused, a limited or a deleted webhook', async () => {
    for (const [fields, state] of [
      [{ state: 'paused' }, 'skipped'],
      [{ rateLimit: { limit: 1, per: '1s' } }, 'held'],
    ] as const) {
      const { receiver, carrier, input, row } = await scene(undefined, fields)
      const { first } = sendingProcess(models, poster)
      await first.matched(input, carrier)
      await first.ended()
      expect(await row()).toMatchObject({ state, attempts: 0 })
      expect(receiver.hits).toEqual([])
    }
  })

  it('is not made for what waited in a lane when its event is matched again without the limit', async () => {
    const limited = { rateLimit: { limit: 1, per: '1s' } }
    const { receiver, carrier, input, target, row } = await scene(undefined, limited)
    const { first } = sendingProcess(models, poster)
    await first.matched(input, carrier)
    await models.deliveries.updateOne(
      { webhook: target.webhook },
      { state: 'delivered', attempts: 1 },
    )
    await models.webhooks.updateOne({ _id: target.webhook }, { rateLimit: null })
    await first.matched(input, { ...carrier, run: 'another' })
    await first.ended()
    expect(receiver.hits).toEqual([])
    expect(await row()).toMatchObject({ state: 'delivered', attempts: 1 })
  })

  it('does not begin in a process that is to stop', async () => {
    const { receiver, carrier, input, target, row } = await scene()
    const { first, stopping } = sendingProcess(models, poster)
    stopping.abort()
    await first.matched(input, carrier)
    expect(await first.of(target, carrier)).toEqual({})
    expect(await row()).toMatchObject({ state: 'pending', attempts: 0 })
    await sleep(50)
    expect(receiver.hits).toEqual([])
  })
})
