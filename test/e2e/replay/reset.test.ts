import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DeliveryState } from '../../../src/delivery/types.ts'
import { type Herald, startHerald } from '../../support/herald.ts'
import { type Answer, type Hit, type Receiver, startReceiver } from '../../support/receiver.ts'
import { temporalCli } from '../../support/servers/temporal-cli.ts'
import { until } from '../../support/until.ts'

const EVENTS = process.env['HERALD_TEST_LONG'] ? 500 : 100
/** Temporal resets 50 workflows a second. */
const SECONDS = 60 + EVENTS / 10

let herald: Herald
const receivers: Receiver[] = []

beforeAll(async () => {
  herald = await startHerald('reset')
})
afterAll(async () => {
  await herald.stop()
  await Promise.all(receivers.map((one) => one.close()))
})

async function hook(type: string, answer?: (hit: Hit, n: number) => Answer) {
  const receiver = await startReceiver(answer)
  receivers.push(receiver)
  const webhook = await herald.webhook({
    events: [type],
    target: { type: 'http', url: receiver.url, timeout: '10s' },
    retry: { type: 'fixed', interval: '1s', retries: 0 },
  })
  return { receiver, webhook }
}

const first = ['--type', 'FirstWorkflowTask', '--reason', 'a test']
const mine = (query: string) => `${query} AND TaskQueue='${herald.runtime.config.TASK_QUEUE}'`
const count = async (query: string) => (await herald.client.workflow.count(mine(query))).count
const idsOf = (receiver: Receiver) =>
  receiver.hits.map((hit) => String(hit.headers['webhook-id'])).toSorted()
const rowsIn = (webhook: string, state: DeliveryState) =>
  herald.runtime.models.deliveries.countDocuments({ webhook, state })
const reached = (webhook: string, state: DeliveryState, wanted: number) =>
  until(async () => (await rowsIn(webhook, state)) === wanted, {
    seconds: SECONDS,
    what: `${wanted} deliveries that are ${state}`,
  })

const resetFailed = () =>
  temporalCli('workflow', 'reset', '--query', mine("ExecutionStatus='Failed'"), ...first, '--yes')

/** Posts `ids`, a few at a time, as senders do. */
async function post(type: string, ids: string[]): Promise<void> {
  const left = [...ids]
  const sendNext = async (): Promise<void> => {
    for (let id = left.pop(); id; id = left.pop()) await herald.event({ id, type })
  }
  await Promise.all(Array.from({ length: 8 }, sendNext))
}

describe('temporal workflow reset', () => {
  it(
    `of all that failed sends the third of ${EVENTS} events times 3 webhooks that is missing, each once`,
    async () => {
      let up = false
      const good = [await hook('reset.many'), await hook('reset.many')]
      const down = await hook('reset.many', () => ({ status: up ? 200 : 503 }))
      const ids = Array.from({ length: EVENTS }, (_, n) => `many-${String(n).padStart(4, '0')}`)
      await post('reset.many', ids)
      await reached(down.webhook.id, 'failed', EVENTS)
      await until(async () => (await count("ExecutionStatus='Running'")) === 0)
      const failed = await count("ExecutionStatus='Failed'")
      expect(failed).toBeGreaterThan(0)
      up = true
      down.receiver.hits.length = 0
      const began = Date.now()
      await resetFailed()
      await reached(down.webhook.id, 'delivered', EVENTS)
      console.log(`${failed} workflows reset, ${EVENTS} delivered in ${Date.now() - began} ms`)
      await until(async () => (await count("ExecutionStatus='Completed'")) === failed)
      // the earlier runs are still listed as failed: doing it again must do no harm
      await resetFailed()
      await until(async () => (await count("ExecutionStatus='Completed'")) === 2 * failed)
      expect(idsOf(down.receiver)).toEqual(ids)
      for (const { receiver } of good) expect(idsOf(receiver)).toEqual(ids)
    },
    SECONDS * 3_000,
  )

  it('of a running workflow sends nothing twice: the open request counts', async () => {
    const slow = await hook('reset.open', () => ({ status: 200, delayMs: 3_000 }))
    const quick = await hook('reset.open')
    const event = await herald.event({ type: 'reset.open' })
    await until(() => slow.receiver.hits.length === 1 && quick.receiver.hits.length === 1)
    const handle = herald.client.workflow.getHandle(`event/default/${event}`)
    // its first workflow task is over when the slow one is left to its activity
    await until(async () => (await handle.describe()).raw.pendingActivities?.length === 1)
    await temporalCli('workflow', 'reset', '--workflow-id', `event/default/${event}`, ...first)
    await reached(slow.webhook.id, 'delivered', 1)
    await until(async () => (await count("ExecutionStatus='Running'")) === 0)
    expect([slow, quick].map(({ receiver }) => receiver.hits.length)).toEqual([1, 1])
  })

  it('of a running workflow that waits for a retry makes the attempt at once, and only that one', async () => {
    const { receiver, webhook } = await hook('reset.wait', (_hit, n) => ({
      status: n === 1 ? 500 : 200,
    }))
    const { headers } = await herald.call('GET', `/v1/webhooks/${webhook.id}`)
    const retry = { type: 'fixed', interval: '1h', retries: 3 }
    const etag = { 'if-match': headers.get('etag') ?? '' }
    await herald.call('PATCH', `/v1/webhooks/${webhook.id}`, { retry }, etag)
    const event = await herald.event({ type: 'reset.wait' })
    await reached(webhook.id, 'retrying', 1)
    await temporalCli('workflow', 'reset', '--workflow-id', `event/default/${event}`, ...first)
    await reached(webhook.id, 'delivered', 1)
    expect(receiver.hits.map((hit) => hit.headers['herald-attempt'])).toEqual(['1', '2'])
  })

  it('of a group sends all that failed in it; the rerun of one event sends that one only', async () => {
    let up = false
    const good = await hook('reset.group')
    const down = await hook('reset.group', () => ({ status: up ? 200 : 503 }))
    const ids = Array.from({ length: 20 }, (_, n) => `group-${String(n).padStart(2, '0')}`)
    const events = ids.map((id) => ({ id, type: 'reset.group', data: {} }))
    await herald.call('POST', '/v1/events/batch', { events })
    await reached(down.webhook.id, 'failed', 20)
    const owner = String((await herald.delivery(down.webhook.id))['workflow'])
    await until(async () => (await count("ExecutionStatus='Running'")) === 0)
    up = true
    down.receiver.hits.length = 0
    const rerun = await herald.call('POST', '/v1/events/group-07/rerun')
    expect(rerun).toMatchObject({ status: 202, body: { method: 'rerun' } })
    await until(async () => (await count("ExecutionStatus='Running'")) === 0)
    await reached(down.webhook.id, 'delivered', 1)
    expect(idsOf(down.receiver)).toEqual(['group-07'])
    await temporalCli('workflow', 'reset', '--workflow-id', owner, ...first)
    await reached(down.webhook.id, 'delivered', 20)
    await until(async () => (await count("ExecutionStatus='Running'")) === 0)
    expect(idsOf(down.receiver)).toEqual(ids)
    expect(idsOf(good.receiver)).toEqual(ids)
    const { body } = await herald.call('POST', '/v1/events/group-07/rerun')
    expect(body['code']).toBe('nothing_undelivered')
  })
})
