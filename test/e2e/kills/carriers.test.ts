import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CarrierSweep, sweepCarriers } from '../../../src/process/carrier-sweep.ts'
import { LANE_RUN } from '../../../src/delivery/types.ts'
import { Metrics } from '../../../src/metrics.ts'
import type { Herald } from '../../support/herald.ts'
import type { Hit } from '../../support/receiver.ts'
import { resetToFirstTask } from '../../support/reset.ts'
import { Scene } from '../../support/scene.ts'
import { until } from '../../support/until.ts'

const scene = new Scene('carriers')
const { hook, patch } = scene
let herald: Herald
beforeAll(async () => {
  herald = await scene.start()
})
afterAll(() => scene.stop())

const rows = (webhook: string) =>
  herald.runtime.models.deliveries.find({ webhook }).sort({ event: 1 }).lean().exec()
/** The only row, once it is stored: with its first answer, or after 200 ms. */
const shown = (webhook: string) => until(async () => (await rows(webhook))[0])
const redeliver = (id: string) => herald.call('POST', `/v1/deliveries/${id}/redeliver`)
const batch = (ids: string[], type: string) =>
  herald.call('POST', '/v1/events/batch', { events: ids.map((id) => ({ id, type, data: {} })) })
const states = async (webhook: string) => (await rows(webhook)).map((row) => row.state)
const are = (all: string[], state: string) => all.length > 0 && all.every((one) => one === state)
const allAre = (webhook: string, state: string, seconds = 40) =>
  until(async () => are(await states(webhook), state), { seconds, what: state })
const idOf = (hit: Hit) => String(hit.headers['webhook-id'])
/** Attempt numbers that receivers saw, by event: each once, without holes. */
function numbersOf(hits: Hit[]): Map<string, number[]> {
  const numbers = new Map<string, number[]>()
  for (const hit of hits)
    numbers.set(idOf(hit), [
      ...(numbers.get(idOf(hit)) ?? []),
      Number(hit.headers['herald-attempt']),
    ])
  return numbers
}
function expectEachOnce(hits: Hit[]): void {
  for (const [event, numbers] of numbersOf(hits))
    expect([event, numbers]).toEqual([event, numbers.map((_number, index) => index + 1)])
}

/** The sweep of a worker, over all that is due by now. */
async function sweep() {
  const { runtime } = herald
  const { gateway, replays, models, changes, logger } = runtime
  const metrics = new Metrics()
  const deps: Omit<CarrierSweep, 'mongoReady'> = {
    models,
    changes,
    logger,
    metrics,
    isRunning: (carrier) => gateway.isRunning(carrier),
    signalLane: (lane) => gateway.signalLane(lane, 'held'),
    adopt: (tenant, deliveries) => replays.adopt(tenant, deliveries),
    stopping: new AbortController().signal,
  }
  const swept = await sweepCarriers(deps, Date.now())
  return { swept, counted: (await metrics.exposition()).text }
}

describe('one carrier', () => {
  it('runs the schedule of a redelivery once, also where the group of its event still goes on', async () => {
    let isDown = false
    const { receiver, webhook } = await hook(
      'own.a',
      { retry: { type: 'fixed', interval: '1s', retries: 5 } },
      (hit) => ({ status: idOf(hit) === 'own-open' || isDown ? 500 : 200 }),
    )
    await batch(['own-open', 'own-done'], 'own.a')
    const done = await until(async () =>
      (await rows(webhook.id)).find((row) => row.event === 'own-done' && row.state === 'delivered'),
    )
    isDown = true
    expect((await redeliver(done._id)).status).toBe(202)
    await allAre(webhook.id, 'failed')
    expectEachOnce(receiver.hits)
    expect(numbersOf(receiver.hits).get('own-done')).toHaveLength(7)
  })

  it('sends a row once that is redelivered again and again while its retry comes due', async () => {
    const retry = { type: 'fixed', interval: '1s', retries: 3 }
    const { receiver, webhook } = await hook('own.b', { retry, concurrency: 2 }, () => ({
      status: 500,
      delayMs: 80,
    }))
    await batch(['b1', 'b2', 'b3', 'b4', 'b5', 'b6'], 'own.b')
    await until(async () => {
      // a row whose last attempt is still to come in a second at the earliest: one that fails meanwhile begins a round
      const open = (await rows(webhook.id)).filter(
        (row) => row.state === 'retrying' && row.attempts < retry.retries,
      )
      await Promise.all(open.map((row) => redeliver(row._id)))
      return are(await states(webhook.id), 'failed')
    })
    expectEachOnce(receiver.hits)
    const rounds = (await rows(webhook.id)).reduce((sum, row) => sum + row.round, 0)
    expect(receiver.hits).toHaveLength(rounds * (1 + retry.retries))
  })

  it('sends a row once whose limit is set and removed again while it retries', async () => {
    const retry = { type: 'fixed', interval: '1s', retries: 6 }
    const { receiver, webhook } = await hook('own.c', { retry }, (hit) => ({
      status: Number(hit.headers['herald-attempt']) < 4 ? 500 : 200,
      delayMs: 50,
    }))
    const ids = Array.from({ length: 20 }, (_, n) => `c${n}`)
    await batch(ids, 'own.c')
    for (let turn = 0; turn < 4; turn++) {
      await patch(webhook.id, { rateLimit: { limit: 50, per: '1s' } })
      await herald.event({ type: 'own.c', id: `c-more-${turn}` })
      await patch(webhook.id, { rateLimit: null })
    }
    await allAre(webhook.id, 'delivered')
    expectEachOnce(receiver.hits)
    expect(receiver.hits).toHaveLength(4 * 24)
  })

  it('waits for the attempt of a delivery that was cancelled in flight before it sends the next', async () => {
    const { receiver, webhook } = await hook('own.d', {}, (_hit, n) => ({
      status: n === 1 ? 500 : 200,
      delayMs: 1_500,
    }))
    await herald.event({ type: 'own.d', id: 'd1' })
    const row = await shown(webhook.id)
    expect(receiver.hits).toHaveLength(1)
    const path = `/v1/deliveries/${row._id}`
    expect((await herald.call('POST', `${path}/cancel`)).status).toBe(200)
    expect((await herald.call('POST', `${path}/redeliver`)).status).toBe(202)
    await allAre(webhook.id, 'delivered')
    const [first, second] = receiver.hits
    expect(second?.at).toBeGreaterThanOrEqual(first?.answeredAt ?? Infinity)
    expectEachOnce(receiver.hits)
  })
})

describe('a replay of deliveries whose group still goes on', () => {
  it('sends each of them once more, and leaves the schedule of the others alone', async () => {
    const retry = { type: 'fixed', interval: '1s', retries: 1 }
    const { receiver, webhook } = await hook('own.e', { retry }, (hit) =>
      idOf(hit) === 'e5' ? { status: 503, headers: { 'retry-after': '8' } } : { status: 500 },
    )
    await batch(['e0', 'e1', 'e2', 'e3', 'e4', 'e5'], 'own.e')
    const count = async (state: string) =>
      (await states(webhook.id)).filter((one) => one === state).length
    await until(async () => (await count('failed')) === 5 && (await count('retrying')) === 1)
    const filter = { webhook: webhook.id, state: 'failed' }
    expect((await herald.call('POST', '/v1/replays', { filter })).status).toBe(202)
    await until(() => receiver.hits.length >= 5 * 4 + 2)
    await allAre(webhook.id, 'failed')
    expectEachOnce(receiver.hits)
    expect(receiver.hits).toHaveLength(5 * 4 + 2)
  })
})

describe('a delivery whose carrier is gone', () => {
  it('is taken over by a redelivery with the rest of its schedule', async () => {
    const retry = { type: 'fixed', interval: '1s', retries: 3 }
    const { receiver, webhook } = await hook('gone.a', { retry }, () => ({ status: 500 }))
    await herald.event({ type: 'gone.a', id: 'g1' })
    const row = await shown(webhook.id)
    await herald.client.workflow.getHandle('event/default/g1').terminate('test')
    await redeliver(row._id)
    await allAre(webhook.id, 'failed')
    expectEachOnce(receiver.hits)
    expect(receiver.hits).toHaveLength(4)
  })

  it('is found by the sweep, once, and counted', async () => {
    // so long that no activity stays for the second attempt, which would then be its own
    const retry = { type: 'fixed', interval: '3s', retries: 1 }
    const { receiver, webhook } = await hook('gone.b', { retry }, () => ({ status: 500 }))
    await herald.event({ type: 'gone.b', id: 'g2' })
    // an attempt that is open is carried by its sender, whatever became of the workflow
    await until(async () => (await rows(webhook.id))[0]?.state === 'retrying')
    await herald.client.workflow.getHandle('event/default/g2').terminate('test')
    await until(async () => ((await rows(webhook.id))[0]?.dueAt?.getTime() ?? 0) < Date.now())
    const [first, second] = await Promise.all([sweep(), sweep()])
    expect(first.swept.adopted + second.swept.adopted).toBeGreaterThanOrEqual(1)
    expect(first.counted + second.counted).toMatch(/herald_deliveries_adopted_total [1-9]/)
    await allAre(webhook.id, 'failed')
    expectEachOnce(receiver.hits)
    expect(receiver.hits).toHaveLength(2)
    expect((await sweep()).swept.adopted).toBe(0)
  })

  it('in a lane of which nobody knows is sent after the sweep, whatever its state was written as', async () => {
    const fields = { rateLimit: { limit: 50, per: '1s' } }
    const { receiver, webhook } = await hook('gone.c', fields)
    await herald.event({ type: 'gone.c', id: 'g3' })
    await allAre(webhook.id, 'delivered')
    const { models } = herald.runtime
    const [row] = await rows(webhook.id)
    if (!row) throw new Error('it is there')
    const again = { state: 'pending', dueAt: new Date(), carrier: { workflow: 'w', run: LANE_RUN } }
    await models.deliveries.updateOne({ _id: row._id }, { $set: again, $unset: { finishedAt: 1 } })
    expect((await sweep()).swept.lanes).toBeGreaterThanOrEqual(1)
    await allAre(webhook.id, 'delivered')
    expect(receiver.hits).toHaveLength(2)
  })

  it('leaves a row alone that is carried, or under way', async () => {
    const { receiver, webhook } = await hook('gone.d', {}, () => ({ status: 200, delayMs: 1_000 }))
    await herald.event({ type: 'gone.d' })
    await until(() => receiver.hits.length === 1)
    expect((await sweep()).swept.adopted).toBe(0)
    await allAre(webhook.id, 'delivered')
    expect(receiver.hits).toHaveLength(1)
  })
})

describe('a paused webhook', () => {
  it('that gets a limit, and whose event is reset, sends everything once it is resumed', async () => {
    const { receiver, webhook } = await hook('paused.a', { concurrency: 1 }, () => ({
      status: 200,
      delayMs: 1_000,
    }))
    await batch(['p1', 'p2', 'p3'], 'paused.a')
    await until(() => receiver.hits.length === 1)
    await herald.call('POST', `/v1/webhooks/${webhook.id}/pause`)
    await until(async () => (await states(webhook.id)).includes('delivered'))
    await patch(webhook.id, { rateLimit: { limit: 10, per: '1s' } })
    const [row] = await rows(webhook.id)
    await resetToFirstTask(herald, row?.workflow ?? '')
    await herald.call('POST', `/v1/webhooks/${webhook.id}/resume`)
    await allAre(webhook.id, 'delivered')
    expectEachOnce(receiver.hits)
    expect(receiver.hits).toHaveLength(3)
  })

  it('goes on at once when it is resumed, however long it was paused', async () => {
    const { receiver, webhook } = await hook('paused.b')
    await herald.call('POST', `/v1/webhooks/${webhook.id}/pause`)
    const { webhook: other } = await hook('paused.c', {}, (_hit, n) => ({
      status: n === 1 ? 500 : 200,
    }))
    await herald.event({ type: 'paused.c' })
    await allAre(other.id, 'retrying')
    await herald.call('POST', `/v1/webhooks/${other.id}/pause`)
    const workflow = (await rows(other.id))[0]?.workflow ?? ''
    await until(
      async () => {
        const { raw } = await herald.client.workflow.getHandle(workflow).describe()
        const waiting = raw.pendingActivities?.find(
          (one) => one.activityType?.name === 'awaitResume' && (one.attempt ?? 0) >= 5,
        )
        return waiting !== undefined
      },
      { seconds: 60 },
    )
    const resumedAt = Date.now()
    await herald.call('POST', `/v1/webhooks/${other.id}/resume`)
    await allAre(other.id, 'delivered')
    expect(Date.now() - resumedAt).toBeLessThan(5_000)
    expect(receiver.hits).toHaveLength(0)
  }, 120_000)
})
