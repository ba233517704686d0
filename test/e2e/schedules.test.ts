import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Herald, type Json, startHerald } from '../support/herald.ts'
import { type Answer, type Hit, type Receiver, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'

let herald: Herald
const receivers: Receiver[] = []

beforeAll(async () => {
  herald = await startHerald('schedules')
})
afterAll(async () => {
  await herald.stop()
  await Promise.all(receivers.map((one) => one.close()))
})

/** A webhook of its own event type, to a receiver of its own, and one event for it. */
async function scene(fields: Json, answer?: (hit: Hit, n: number) => Answer) {
  const receiver = await startReceiver(answer)
  receivers.push(receiver)
  const type = `scene.${receivers.length}`
  const webhook = await herald.webhook({
    events: [type],
    target: { type: 'http', url: receiver.url, timeout: '2s' },
    ...fields,
  })
  const event = await herald.event({ type, subject: 'cus_1', data: { n: 1 } })
  return { receiver, webhook, event, workflow: `event/default/${event}` }
}

/** Milliseconds from each answer to the next request. */
const gaps = ({ hits }: Receiver) =>
  hits.slice(1).map((hit, n) => hit.at - (hits[n]?.answeredAt ?? 0))
/** Milliseconds from the first request to each later one. */
const sinceFirst = ({ hits }: Receiver) => hits.slice(1).map((hit) => hit.at - (hits[0]?.at ?? 0))

/** The acceptance script measures the promise (+250 ms) on an idle machine; this bound tells one schedule from another. */
const SLACK_MS = 1_000

function expectGaps(measured: number[], promised: number[]): void {
  expect(measured).toHaveLength(promised.length)
  for (const [n, ms] of promised.entries()) {
    expect(measured[n]).toBeGreaterThanOrEqual(ms - 15)
    expect(measured[n]).toBeLessThanOrEqual(ms + SLACK_MS)
  }
}

const down = () => ({ status: 503 })
const everySecond = { type: 'fixed', interval: '1s', retries: 3 }

async function workflowStatus(workflow: string): Promise<string> {
  return (await herald.client.workflow.getHandle(workflow).describe()).status.name
}

describe('the schedule that a receiver was promised', () => {
  it('fixed 1s × 3: four requests with the same id and bytes, then failed, and no fifth', async () => {
    const { receiver, webhook, workflow } = await scene({ retry: everySecond }, down)
    const delivery = await herald.reached(webhook.id, 'failed')
    expectGaps(gaps(receiver), [1_000, 1_000, 1_000])
    const [first] = receiver.hits
    for (const [n, hit] of receiver.hits.entries()) {
      expect(hit.body.equals(first?.body ?? Buffer.of())).toBe(true)
      expect(hit.headers['webhook-id']).toBe(first?.headers['webhook-id'])
      expect(hit.headers['herald-attempt']).toBe(String(n + 1))
    }
    await until(async () => (await workflowStatus(workflow)) === 'FAILED')
    expect(receiver.hits).toHaveLength(4)
    expect((delivery['attempts'] as Json[]).map((one) => one['status'])).toEqual([
      503, 503, 503, 503,
    ])
  })

  it('fixed 1s × 3 with three failures is delivered by the fourth request', async () => {
    const answer = (_hit: Hit, n: number) => ({ status: n <= 3 ? 500 : 200 })
    const { receiver, webhook, workflow } = await scene({ retry: everySecond }, answer)
    await herald.reached(webhook.id, 'delivered')
    expect(receiver.hits).toHaveLength(4)
    expectGaps(gaps(receiver), [1_000, 1_000, 1_000])
    await until(async () => (await workflowStatus(workflow)) === 'COMPLETED')
  })

  it('exponential 3m, factor 2, 2 retries reads 180 s, coefficient 2, 3 attempts in the history', async () => {
    const retry = { type: 'exponential', initial: '3m', factor: 2, retries: 2 }
    const { webhook, workflow } = await scene({ retry }, down)
    const delivery = await herald.reached(webhook.id, 'retrying')
    const wait = Date.parse(String(delivery['nextAttemptAt'])) - Date.now()
    expect(wait).toBeGreaterThan(170_000)
    expect(wait).toBeLessThanOrEqual(180_000)
    // the first attempt is made before the activity that goes on with it
    const policy = await until(async () => {
      const { events } = await herald.client.workflow.getHandle(workflow).fetchHistory()
      return events?.find((one) => one.activityTaskScheduledEventAttributes)
        ?.activityTaskScheduledEventAttributes?.retryPolicy
    })
    expect(Number(policy?.initialInterval?.seconds)).toBe(180)
    expect(policy?.backoffCoefficient).toBe(2)
    expect(policy?.maximumAttempts).toBe(3)
    await herald.client.workflow.getHandle(workflow).cancel()
    await herald.reached(webhook.id, 'cancelled')
  })

  it('the same shape scaled to 3 s and 6 s waits 3 s and 6 s', async () => {
    const retry = { type: 'exponential', initial: '3s', factor: 2, retries: 2 }
    const { receiver, webhook } = await scene({ retry }, down)
    await herald.reached(webhook.id, 'failed')
    expectGaps(gaps(receiver), [3_000, 6_000])
  })

  it('a list waits what it says', async () => {
    const { receiver, webhook } = await scene(
      { retry: { type: 'list', delays: ['2s', '500ms'] } },
      down,
    )
    await herald.reached(webhook.id, 'failed')
    expectGaps(gaps(receiver), [2_000, 500])
  })

  it('within: attempts start evenly whatever the receiver takes', async () => {
    const slow = () => ({ status: 503, delayMs: 700 })
    const retry = { type: 'within', attempts: 4, within: '3s' }
    const { receiver, webhook } = await scene({ retry }, slow)
    await herald.reached(webhook.id, 'failed')
    expectGaps(sinceFirst(receiver), [1_000, 2_000, 3_000])
  })

  it('Retry-After lengthens one wait, and never shortens one', async () => {
    const answer = (_hit: Hit, n: number) =>
      n === 1
        ? { status: 503, headers: { 'retry-after': '3' } }
        : n === 2
          ? { status: 429, headers: { 'retry-after': '0' } }
          : { status: 200 }
    const { receiver, webhook } = await scene({ retry: everySecond }, answer)
    await herald.reached(webhook.id, 'delivered')
    expectGaps(gaps(receiver), [3_000, 1_000])
  })

  it('410 ends the delivery and disables the webhook with the reason', async () => {
    const { receiver, webhook, workflow } = await scene({ retry: everySecond }, () => ({
      status: 410,
    }))
    const delivery = await herald.reached(webhook.id, 'failed')
    expect(delivery['reason']).toMatchObject({ code: 'gone' })
    const shown = await until(async () => {
      const { body } = await herald.call('GET', `/v1/webhooks/${webhook.id}`)
      return body['state'] === 'disabled' ? body : undefined
    })
    expect(shown['stateReason']).toMatchObject({ code: 'gone' })
    await until(async () => (await workflowStatus(workflow)) === 'FAILED')
    expect(receiver.hits).toHaveLength(1)
  })

  it('a failed workflow names what failed, and is found by its search attributes', async () => {
    const retry = { type: 'fixed', interval: '1s', retries: 0 }
    const { webhook, workflow } = await scene({ retry, name: 'Risk to CRM' }, down)
    await herald.reached(webhook.id, 'failed')
    await until(async () => (await workflowStatus(workflow)) === 'FAILED')
    await expect(herald.client.workflow.getHandle(workflow).result()).rejects.toMatchObject({
      cause: { type: 'DeliveriesFailed', message: expect.stringContaining('Risk to CRM') },
    })
    const query = `ExecutionStatus='Failed' AND DeliveryState='failed' AND WebhookIds='${webhook.id}'`
    await until(async () => (await herald.client.workflow.count(query)).count === 1)
  })

  it('a receiver that answers nothing costs one attempt its timeout, not more', async () => {
    const retry = { type: 'fixed', interval: '1s', retries: 0 }
    const { webhook } = await scene({ retry }, () => ({ status: 200, delayMs: 4_000 }))
    const delivery = await herald.reached(webhook.id, 'failed')
    const [attempt] = delivery['attempts'] as Json[]
    expect(attempt).toMatchObject({ code: 'timeout', outcome: 'failed' })
    const { totalMs } = (attempt ?? {})['timings'] as { totalMs: number }
    expect(totalMs).toBeGreaterThanOrEqual(1_990)
    expect(totalMs).toBeLessThan(2_600)
  })
})
