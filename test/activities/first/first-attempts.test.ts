import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { poisoned, sendingProcess } from '../../support/sending.ts'
import { until } from '../../support/until.ts'
import { answersAfter, models, numbers, poster, scene, sending, useModels } from './scene.ts'

useModels('first_attempts')

describe('the first attempt of a delivery', () => {
  it('is made at once, and one write has its row, its record and its outcome', async () => {
    const { receiver, carrier, input, target, row } = await scene()
    const { first } = sending()
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
    const { first } = sending()
    first.begin(input, carrier)
    await first.matched(input, carrier)
    first.begin(input, carrier)
    expect((await first.of(target, carrier)).result).toMatchObject({ delivered: 1 })
    expect(numbers(receiver)).toEqual([1])
  })

  it('that fails leaves a row that is due for its activity', async () => {
    const { receiver, carrier, input, target, row } = await scene(() => ({ status: 500 }))
    const herald = sending()
    await herald.first.matched(input, carrier)
    expect(await herald.first.of(target, carrier)).toEqual({ left: 'retrying' })
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
    const { first } = sending()
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
    const { first } = sending()
    await first.matched(input, carrier)
    await until(
      async () => (await models.deliveries.countDocuments({ webhook: target.webhook })) > 0,
    )
    expect(await row()).toMatchObject({ state: 'pending', attempts: 1, open: { number: 1 } })
    expect((await first.of(target, carrier)).result).toMatchObject({ delivered: 1 })
    expect(await row()).toMatchObject({ state: 'delivered', attempts: 1 })
    expect(await row()).not.toHaveProperty('open')
  })

  it('that is answered while its row is being stored is on record before that is', async () => {
    const { carrier, input, target, row } = await scene(answersAfter(260))
    const { db } = models.connection
    if (!db) throw new Error('no connection')
    const command = db.command.bind(db)
    let isTold = false
    db.command = async (asked, ...options) => {
      const answer: object = await command(asked, ...options)
      if (asked['insert'] === 'deliveries') await sleep(600).then(() => (isTold = true))
      return answer
    }
    const of = { webhook: target.webhook }
    const { first } = sending()
    try {
      await first.matched(input, carrier)
      await until(
        async () => (await models.deliveries.countDocuments({ ...of, state: 'delivered' })) > 0,
      )
      expect(isTold).toBe(false)
      expect((await first.of(target, carrier)).result).toMatchObject({ delivered: 1 })
    } finally {
      db.command = command
    }
    expect(await row()).toMatchObject({ attempts: 1, unknowns: 0, log: [{ number: 1 }] })
    expect(await row()).not.toHaveProperty('open')
  })

  it('that outlasts a second is left to its activity, which waits for it and sends nothing beside it', async () => {
    const { receiver, carrier, input, target, row } = await scene(answersAfter(1_600))
    const herald = sending()
    await herald.first.matched(input, carrier)
    const fromMs = Date.now()
    expect(await herald.first.of(target, carrier)).toEqual({ left: 'pending' })
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
    const one = sending()
    await one.first.matched(input, carrier)
    expect(await one.first.of(target, carrier)).toEqual({ left: 'pending' })
    const other = sending()
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

  it('is not made for a paused, a limited or a deleted webhook', async () => {
    for (const [fields, state] of [
      [{ state: 'paused' }, 'skipped'],
      [{ rateLimit: { limit: 1, per: '1s' } }, 'held'],
    ] as const) {
      const { receiver, carrier, input, row } = await scene(undefined, fields)
      const { first } = sending()
      await first.matched(input, carrier)
      await first.ended()
      expect(await row()).toMatchObject({ state, attempts: 0 })
      expect(receiver.hits).toEqual([])
    }
  })

  it('is not made for what waited in a lane when its event is matched again without the limit', async () => {
    const limited = { rateLimit: { limit: 1, per: '1s' } }
    const { receiver, carrier, input, target, row } = await scene(undefined, limited)
    const { first } = sending()
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
    const { first, stopping } = sending()
    stopping.abort()
    await first.matched(input, carrier)
    expect(await first.of(target, carrier)).toEqual({})
    expect(await row()).toMatchObject({ state: 'pending', attempts: 0 })
    await sleep(50)
    expect(receiver.hits).toEqual([])
  })
})
