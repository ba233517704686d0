import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DeliveryState } from '../../src/delivery/types.ts'
import { type Herald, type Json, startHerald } from '../support/herald.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'

const isLong = Boolean(process.env['HERALD_TEST_LONG'])
/** An event for more webhooks than a workflow may have activities open; in the short form, than it names one by one. */
const WEBHOOKS = isLong ? 5_000 : 300
const LIMITED = isLong ? 2_100 : 220
const RERUN = isLong ? 2_100 : 210
const BATCH = isLong ? 500 : 60
const SECONDS = isLong ? 300 : 120

let herald: Herald
let receiver: Receiver
beforeAll(async () => {
  herald = await startHerald('wide')
  receiver = await startReceiver()
}, 60_000)
afterAll(async () => {
  await herald.stop()
  await receiver.close()
})

/** Webhooks of these types, each with a path of its own. */
async function hooks(count: number, typeOf: (n: number) => string, fields: Json = {}) {
  for (let from = 0; from < count; from += 30)
    await Promise.all(
      Array.from({ length: Math.min(30, count - from) }, (_, index) => {
        const type = typeOf(from + index)
        const url = `${receiver.url}/${type}/${from + index}`
        return herald.webhook({ events: [type], target: { type: 'http', url }, ...fields })
      }),
    )
}
const hitsOf = (type: string) => receiver.hits.filter((hit) => hit.path.includes(`/${type}/`))
const reached = (type: string, count: number) =>
  until(() => new Set(hitsOf(type).map((hit) => hit.path)).size === count, {
    seconds: SECONDS,
    what: `${count} receivers of ${type}`,
  })
const completed = async (workflow: string) => {
  const handle = herald.client.workflow.getHandle(workflow)
  await until(async () => (await handle.describe()).status.name === 'COMPLETED', {
    seconds: SECONDS,
  })
  return (await handle.describe()).historyLength
}

describe('a wide event', () => {
  it(`reaches each of ${WEBHOOKS} webhooks once, in a history of bounded length`, async () => {
    await hooks(WEBHOOKS, () => 'wide.a')
    await herald.event({ type: 'wide.a', id: 'wide-a' })
    await reached('wide.a', WEBHOOKS)
    expect(await completed('event/default/wide-a')).toBeLessThan(10_240)
    expect(hitsOf('wide.a')).toHaveLength(WEBHOOKS)
  }, 900_000)

  it(`reaches each of ${LIMITED} limited webhooks once, through their lanes`, async () => {
    await hooks(LIMITED, () => 'wide.b', { rateLimit: { limit: 10, per: '1s' } })
    await herald.event({ type: 'wide.b', id: 'wide-b' })
    await reached('wide.b', LIMITED)
    await completed('event/default/wide-b')
    expect(hitsOf('wide.b')).toHaveLength(LIMITED)
  }, 900_000)

  it('ends all it owes when its workflow is cancelled', async () => {
    const slow = await startReceiver(() => ({ status: 500 }))
    const url = slow.url
    await Promise.all(
      Array.from({ length: 210 }, () =>
        herald.webhook({
          events: ['wide.c'],
          target: { type: 'http', url },
          retry: { type: 'fixed', interval: '1h', retries: 2 },
        }),
      ),
    )
    await herald.event({ type: 'wide.c', id: 'wide-c' })
    await until(() => slow.hits.length === 210, { seconds: SECONDS })
    const handle = herald.client.workflow.getHandle('event/default/wide-c')
    await handle.cancel()
    await until(async () => (await handle.describe()).status.name === 'CANCELLED', { seconds: 60 })
    const { deliveries } = herald.runtime.models
    expect(await deliveries.countDocuments({ event: 'wide-c', state: 'cancelled' })).toBe(210)
    await slow.close()
  }, 300_000)
})

describe('a rerun', () => {
  it(`of ${RERUN} open deliveries tries each once, though a workflow may have fewer activities`, async () => {
    const seen = new Set<string>()
    const failing = await startReceiver(({ path }) => {
      const isFirst = !seen.has(path)
      seen.add(path)
      return { status: isFirst ? 500 : 200 }
    })
    for (let from = 0; from < RERUN; from += 30)
      await Promise.all(
        Array.from({ length: Math.min(30, RERUN - from) }, (_, n) =>
          herald.webhook({
            events: ['wide.rerun'],
            target: { type: 'http', url: `${failing.url}/${from + n}` },
            retry: { type: 'fixed', interval: '1h', retries: 2 },
          }),
        ),
      )
    await herald.event({ type: 'wide.rerun', id: 'wide-rerun' })
    const { deliveries } = herald.runtime.models
    const count = (state: DeliveryState) =>
      deliveries.countDocuments({ event: 'wide-rerun', state })
    await until(async () => (await count('retrying')) === RERUN, { seconds: SECONDS })
    const { status, body } = await herald.call('POST', '/v1/events/wide-rerun/rerun')
    expect([status, body['method']]).toEqual([202, 'rerun'])
    await until(async () => (await count('delivered')) === RERUN, { seconds: SECONDS })
    expect(failing.hits).toHaveLength(2 * RERUN)
    for (const part of ['', '/2']) await completed(`${String(body['workflow'])}${part}`)
    await completed('event/default/wide-rerun')
    await failing.close()
  }, 900_000)
})

describe('a batch', () => {
  it(`of ${BATCH} events for five webhooks of their own each reaches all of them once`, async () => {
    await hooks(BATCH * 5, (n) => `wide.batch.${Math.floor(n / 5)}`)
    const events = Array.from({ length: BATCH }, (_, n) => ({
      id: `wide-batch-${n}`,
      type: `wide.batch.${n}`,
      data: {},
    }))
    expect((await herald.call('POST', '/v1/events/batch', { events })).status).toBe(202)
    const isAll = () => receiver.hits.filter((hit) => hit.path.includes('wide.batch')).length
    await until(() => isAll() >= BATCH * 5, { seconds: SECONDS })
    expect(isAll()).toBe(BATCH * 5)
  }, 900_000)
})
