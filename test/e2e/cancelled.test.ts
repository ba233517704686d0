import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chunkWorkflow } from '../../src/delivery/contract.ts'
import type { Herald } from '../support/herald.ts'
import type { Receiver } from '../support/receiver.ts'
import { Scene } from '../support/scene.ts'
import { until } from '../support/until.ts'

const scene = new Scene('cancelled')
const { hook } = scene
let herald: Herald
beforeAll(async () => {
  herald = await scene.start()
})
afterAll(() => scene.stop())

const ONE_RETRY = { retry: { type: 'fixed', interval: '1s', retries: 1 } }
const SLOW_LANE = { rateLimit: { limit: 1, per: '4s' } }
/** Long enough for a request that somebody still had in mind. */
const QUIET_MS = 5_000
/** A change of a webhook is in force after 1 s at the latest. */
const IN_FORCE_MS = 1_500

const send = (type: string, count: number) =>
  herald.call('POST', '/v1/events/batch', {
    events: Array.from({ length: count }, (_, n) => ({ id: `${type}-${n}`, type, data: {} })),
  })
const rows = (webhook: string) =>
  herald.runtime.models.deliveries.find({ webhook }).sort({ event: 1 }).lean().exec()
const states = async (webhook: string) => (await rows(webhook)).map((row) => row.state)
const isDelivered = (state: string) => state === 'delivered'
const handleOf = (workflow: string) => herald.client.workflow.getHandle(workflow)
const statusOf = async (workflow: string) => (await handleOf(workflow).describe()).status.name

/** Cancels it, waits for its end, and sees that nothing is owed and nothing leaves any more. */
async function expectCancelled(workflow: string, webhook: string, receiver: Receiver) {
  await handleOf(workflow).cancel()
  await until(async () => (await statusOf(workflow)) === 'CANCELLED', { seconds: 20 })
  const sent = receiver.hits.length
  await sleep(QUIET_MS)
  expect(receiver.hits).toHaveLength(sent)
  const ended = ['delivered', 'cancelled']
  expect((await states(webhook)).filter((state) => !ended.includes(state))).toEqual([])
}

describe('a workflow that is cancelled', () => {
  it.each([100, 2_500])('%i ms into its lane ends what the lane holds', async (waitMs) => {
    const type = `lane-${waitMs}`
    const { receiver, webhook } = await hook(type, SLOW_LANE)
    await send(type, 6)
    await until(() => receiver.hits.length > 0)
    await sleep(waitMs)
    const owner = (await rows(webhook.id))[0]?.workflow ?? ''
    await expectCancelled(owner, webhook.id, receiver)
    expect(await states(webhook.id)).toContain('cancelled')
  })

  it('while its webhook is paused ends what it owes; a resume sends nothing', async () => {
    const down = () => ({ status: 503, headers: { 'retry-after': '2' } })
    const { receiver, webhook } = await hook('paused', {}, down)
    await send('paused', 3)
    await until(
      async () => (await states(webhook.id)).filter((one) => one === 'retrying').length === 3,
    )
    await herald.call('POST', `/v1/webhooks/${webhook.id}/pause`)
    const owner = (await rows(webhook.id))[0]?.workflow ?? ''
    const waits = async () =>
      (await handleOf(owner).fetchHistory()).events?.some(
        (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'awaitResume',
      )
    await until(waits, { what: 'the wait for a resume' })
    await expectCancelled(owner, webhook.id, receiver)
    await herald.call('POST', `/v1/webhooks/${webhook.id}/resume`)
    await sleep(QUIET_MS)
    expect(receiver.hits).toHaveLength(3)
  })

  it('as a redelivery in a lane leaves nothing held', async () => {
    const { receiver, webhook } = await hook('again', { rateLimit: { limit: 3, per: '6s' } })
    await send('again', 3)
    await until(async () => (await states(webhook.id)).filter(isDelivered).length === 3)
    const [row] = await rows(webhook.id)
    const again = await herald.call('POST', `/v1/deliveries/${row?._id}/redeliver`)
    expect(again).toMatchObject({ status: 202 })
    const workflow = String(again.body['workflow'])
    await until(() => statusOf(workflow).catch(() => undefined), { what: workflow })
    await expectCancelled(workflow, webhook.id, receiver)
  })

  it('as the chunk of a replay with limited and free targets ends both, and is counted', async () => {
    let isUp = false
    const answer = () => ({ status: isUp ? 200 : 400 })
    const limited = await hook(
      'chunk',
      { ...ONE_RETRY, rateLimit: { limit: 20, per: '1s' } },
      answer,
    )
    const free = await hook('chunk', ONE_RETRY, answer)
    await send('chunk', 5)
    for (const { webhook } of [limited, free])
      await until(
        async () => (await states(webhook.id)).filter((one) => one === 'failed').length === 5,
      )
    const read = await herald.call('GET', `/v1/webhooks/${limited.webhook.id}`)
    const etag = { 'if-match': String(read.headers.get('etag')) }
    await herald.call('PATCH', `/v1/webhooks/${limited.webhook.id}`, SLOW_LANE, etag)
    await sleep(IN_FORCE_MS)
    isUp = true
    const body = { filter: { type: 'chunk', state: 'failed' }, rate: 100 }
    const replay = (await herald.call('POST', '/v1/replays', body)).body
    await until(async () => (await states(free.webhook.id)).every(isDelivered))
    const chunk = chunkWorkflow({ replay: String(replay['id']), page: 0, chunk: 0 })
    await expectCancelled(chunk, limited.webhook.id, limited.receiver)
    expect(await states(limited.webhook.id)).toContain('cancelled')
    const counted = await herald.call('GET', `/v1/replays/${String(replay['id'])}`)
    const { done, failed, passedOver, sent } = counted.body as Record<string, number>
    expect((done ?? 0) + (failed ?? 0) + (passedOver ?? 0)).toBe(sent)
  })
})
