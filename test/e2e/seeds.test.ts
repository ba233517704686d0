import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { Client, Connection } from '@temporalio/client'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import { verifyHmac } from '../../examples/lib/verify.ts'
import { nextDueAtMs } from '../../src/delivery/schedule.ts'
import type { Schedule } from '../../src/delivery/types.ts'
import { newId } from '../../src/ids.ts'
import type { WebhookDocument } from '../../src/models/webhooks/document.ts'
import { type Herald, type Json, startHerald } from '../support/herald.ts'
import { heraldProcess } from '../support/servers/process.ts'
import { type Answer, type Hit, type Receiver, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'

let herald: Herald
const receivers: Receiver[] = []

beforeAll(async () => {
  herald = await startHerald('seeds')
})
afterAll(async () => {
  await herald.stop()
  await Promise.all(receivers.map((one) => one.close()))
})

async function receiverOf(answer?: (hit: Hit, n: number) => Answer): Promise<Receiver> {
  const receiver = await startReceiver(answer)
  receivers.push(receiver)
  return receiver
}

/** A webhook of this preset to a receiver of its own. */
async function seed(preset: string, fields: Json, answer?: (hit: Hit, n: number) => Answer) {
  const receiver = await receiverOf(answer)
  const target = { type: 'http', url: receiver.url }
  const webhook = await herald.webhook({ preset, target, ...fields })
  return { receiver, webhook }
}

async function patch(id: string, change: Json): Promise<void> {
  const { status } = await herald.call('PATCH', `/v1/webhooks/${id}`, change, { 'if-match': '*' })
  expect(status).toBe(200)
}

const json = (hit: Hit | undefined) => JSON.parse(hit?.body.toString() ?? 'null') as Json
/** Milliseconds from each answer to the next request. */
const gaps = ({ hits }: Receiver) =>
  hits.slice(1).map((hit, n) => hit.at - (hits[n]?.answeredAt ?? 0))
/** Milliseconds from each request to the next. */
const starts = ({ hits }: Receiver) => hits.slice(1).map((hit, n) => hit.at - (hits[n]?.at ?? 0))

/** `late` is room for a machine that other tests keep busy. */
function expectWaits(measured: number[], promised: number[], late = 600): void {
  expect(measured).toHaveLength(promised.length)
  for (const [n, ms] of promised.entries()) {
    expect(measured[n]).toBeGreaterThanOrEqual(ms - 15)
    expect(measured[n]).toBeLessThanOrEqual(ms + late)
  }
}

function opensslHmac(secret: string, body: Uint8Array): string {
  const args = ['dgst', '-sha256', '-mac', 'HMAC', '-macopt', `key:${secret}`, '-r']
  return execFileSync('openssl', args, { input: body }).toString().split(' ')[0] ?? ''
}

describe('compliancely', () => {
  const first = 'compliancely-first-secret'
  const header = 'compliancely-signature'
  const data = { businessId: 'biz_9', tin: 12, note: 'é😀' }

  it('the preset is raw data, HMAC in Compliancely-Signature, and tries after 3 and 6 minutes', async () => {
    const { webhook } = await seed('compliancely', { events: ['business.none'] })
    expect(webhook).toMatchObject({
      format: 'raw',
      success: '2xx',
      signature: { scheme: 'hmac-sha256', header: 'Compliancely-Signature', encoding: 'hex' },
      retry: { type: 'exponential', initial: '3m', factor: 2, retries: 2 },
    })
    const due = (failures: number) =>
      nextDueAtMs(webhook['retry'] as Schedule, {
        failures,
        roundStartedAtMs: 0,
        endedAtMs: 0,
        random: 0.5,
      })
    expect([due(1), due(2), due(3)]).toEqual([180_000, 360_000, null])
  })

  it('500 on the first two attempts: the third comes in the scaled schedule, signed over the same bytes', async () => {
    const { receiver, webhook } = await seed(
      'compliancely',
      { events: ['business.scaled'], secret: first },
      (_hit, n) => ({ status: n <= 2 ? 500 : 200 }),
    )
    await patch(webhook.id, {
      retry: { type: 'exponential', initial: '1s', factor: 2, retries: 2 },
    })
    await herald.event({ type: 'business.scaled', data })
    await herald.reached(webhook.id, 'delivered')
    expectWaits(gaps(receiver), [1_000, 2_000])
    for (const hit of receiver.hits) {
      expect(hit.body.toString()).toBe(JSON.stringify(data))
      expect(hit.headers[header]).toBe(opensslHmac(first, hit.body))
    }
  })

  it('a receiver that still has the old secret rejects once the admin has set another', async () => {
    const fields = { events: ['business.rotated'], secret: first }
    const { receiver, webhook } = await seed('compliancely', fields, (hit) => ({
      status: verifyHmac({ ...hit }, first, header) ? 200 : 401,
    }))
    await herald.event({ type: 'business.rotated', data })
    await herald.reached(webhook.id, 'delivered')
    const second = 'compliancely-second-secret'
    const rotation = { secret: second, overlap: '0s' }
    await herald.call('POST', `/v1/webhooks/${webhook.id}/secret/rotate`, rotation)
    await patch(webhook.id, { retry: { type: 'fixed', interval: '1s', retries: 0 } })
    await herald.event({ type: 'business.rotated', data })
    const failed = await herald.reached(webhook.id, 'failed')
    expect((failed['attempts'] as Json[]).map((one) => one['status'])).toEqual([401])
    const [, rejected] = receiver.hits
    expect(rejected?.headers[header]).toBe(opensslHmac(second, rejected?.body ?? Buffer.of()))
  })
})

describe('spektr', () => {
  it('200 is a success; a guide name becomes the type on the wire', async () => {
    const { receiver, webhook } = await seed('spektr', { events: ['CUSTOMER_STATUS_CHANGED'] })
    expect(webhook['events']).toEqual(['customer_status_changed'])
    const data = { oldStatus: 'low_risk', newStatus: 'high_risk', customerName: 'Ada' }
    const event = { type: 'customer_status_changed', subject: 'cus_42', reference: 'crm-1', data }
    const id = await herald.event(event)
    await herald.reached(webhook.id, 'delivered')
    expect(receiver.hits).toHaveLength(1)
    expect(json(receiver.hits[0])).toEqual({
      id,
      spektrId: 'cus_42',
      type: 'customer_status_changed',
      delivered: null,
      createdAt: expect.any(Number),
      reference: 'crm-1',
      data,
    })
  })

  it('201 is a failure: three retries 1 s apart, then failed', async () => {
    const { receiver, webhook } = await seed('spektr', { events: ['service_run'] }, () => ({
      status: 201,
    }))
    expect(webhook).toMatchObject({
      format: 'spektr',
      success: '200',
      signature: { scheme: 'standard-webhooks' },
      retry: { type: 'fixed', interval: '1s', retries: 3 },
    })
    await herald.event({ type: 'service_run', subject: 'cus_42', data: { processId: 'prc_1' } })
    const failed = await herald.reached(webhook.id, 'failed')
    expectWaits(gaps(receiver), [1_000, 1_000, 1_000])
    expect((failed['attempts'] as Json[]).map(({ status }) => status)).toEqual([201, 201, 201, 201])
  })

  it('process_run_end is flattened', async () => {
    const { receiver, webhook } = await seed('spektr', { events: ['PROCESS_RUN_END'] })
    const data = {
      process_name: 'Onboarding',
      process_output: 'approved',
      files: { clientFiles: [] },
      fields: [],
      data: { iban: 'DK5000400440116243' },
    }
    const id = await herald.event({ type: 'process_run_end', subject: 'cus_42', data })
    await herald.reached(webhook.id, 'delivered')
    const { createdAt, ...rest } = json(receiver.hits[0])
    expect(createdAt).toEqual(expect.any(Number))
    const envelope = { id, spektrId: 'cus_42', type: 'process_run_end', delivered: null }
    expect(rest).toEqual({ ...envelope, ...data })
  })
})

describe('merchant', () => {
  const secret = 'the-merchants-own-secret'

  async function shop(name: string, delayMs: number) {
    const down = () => ({ status: 503, delayMs })
    const signature = { scheme: 'hmac-sha256', header: 'X-Shop-Signature', encoding: 'hex' }
    const fields = { events: [`order.${name}`], signature, secret }
    const made = await seed('merchant', fields, down)
    await herald.event({ type: `order.${name}`, data: { status: 'paid' } })
    return made
  }

  it('5 attempts within 10 s, start to start evenly, the last at 10 s whatever the receiver takes; own secret and header', async () => {
    const shops = await Promise.all([shop('quick', 0), shop('slow', 1_500)])
    for (const { receiver, webhook } of shops) {
      expect(webhook).toMatchObject({
        format: 'standard',
        retry: { type: 'within', attempts: 5, within: '10s' },
        rateLimit: { limit: 10, per: '1s' },
      })
      await herald.reached(webhook.id, 'failed')
      const { hits } = receiver
      expect(hits).toHaveLength(5)
      for (const ms of starts(receiver)) expect(Math.abs(ms - 2_500)).toBeLessThanOrEqual(250)
      const lastAtMs = (hits[4]?.at ?? 0) - (hits[0]?.at ?? 0)
      expect(Math.abs(lastAtMs - 10_000)).toBeLessThanOrEqual(250)
      for (const hit of hits)
        expect(hit.headers['x-shop-signature']).toBe(opensslHmac(secret, hit.body))
    }
  })
})

describe('admin-console', () => {
  it('the body has the four keys, the API key arrives, and is in no answer, log line or history', async () => {
    const canary = `canary-${randomBytes(16).toString('hex')}`
    const taskQueue = `seeds-console-${randomBytes(4).toString('hex')}`
    const more = { TASK_QUEUE: taskQueue, LOG_LEVEL: 'trace' }
    const service = await heraldProcess('seeds_console', more)
    await service.start()
    try {
      const receiver = await receiverOf((_hit, n) => ({ status: n === 1 ? 500 : 200 }))
      const answers: string[] = []
      const call: Herald['call'] = async (...request) => {
        const answer = await service.call(...request)
        expect(answer.status).toBeLessThan(300)
        answers.push(JSON.stringify([answer.body, [...answer.headers]]))
        return answer
      }
      const apiKey = { header: 'X-API-Key', value: canary }
      const made = await call('POST', '/v1/webhooks', {
        name: 'admin console',
        preset: 'admin-console',
        events: ['user.*'],
        target: { type: 'http', url: receiver.url, apiKey },
      })
      const id = String(made.body['id'])
      const retry = { type: 'fixed', interval: '1s', retries: 1 }
      await call('PATCH', `/v1/webhooks/${id}`, { retry }, { 'if-match': '*' })
      const context = { organisation: 'org_5' }
      const data = { userId: 'usr_2' }
      const sent = await call('POST', '/v1/events', { type: 'user.invited', context, data })
      const delivery = await service.reached(id, 'delivered')

      expect(receiver.hits).toHaveLength(2)
      for (const hit of receiver.hits) {
        expect(hit.headers['x-api-key']).toBe(canary)
        expect(json(hit)).toEqual({
          event_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
          event_type: 'user.invited',
          current_context: context,
          data,
        })
      }

      await call('GET', '/v1/webhooks')
      await call('GET', `/v1/webhooks/${id}`)
      await call('GET', `/v1/webhooks/${id}/secret`)
      await call('GET', `/v1/events/${String(sent.body['id'])}`)
      await call('GET', `/v1/deliveries?webhook=${id}`)
      await call('GET', `/v1/deliveries/${String(delivery['id'])}`)
      await call('GET', '/v1/audit')
      await call('GET', '/v1/stats')
      expect(answers.join()).toContain('X-API-Key')
      expect(answers.join()).not.toContain(canary)

      const history = await historiesOf(taskQueue)
      expect(history).toContain('usr_2') // stands in base64 only
      expect(history).not.toContain(canary)
      expect(service.log()).toContain('delivery.attempted')
      expect(service.log()).not.toContain(canary)
    } finally {
      await service.stop()
    }
    expect(service.log().length).toBeLessThan(50_000) // of more it would be the end only
    expect(service.log()).not.toContain(canary)
  })
})

/** All histories of a task queue as text, every base64 value also decoded. */
async function historiesOf(taskQueue: string): Promise<string> {
  const connection = await Connection.connect({ address: inject('temporalAddress') })
  try {
    const client = new Client({ connection })
    const found: string[] = []
    await until(async () => {
      found.length = 0
      for await (const { workflowId, status } of client.workflow.list({
        query: `TaskQueue='${taskQueue}'`,
      })) {
        if (status.name !== 'COMPLETED') return false
        const history = await client.workflow.getHandle(workflowId).fetchHistory()
        found.push(historyToJSON(history))
      }
      return found.length > 0
    })
    const text = found.join('\n')
    const encoded = text.match(/[A-Za-z0-9+/_-]{8,}={0,2}/g) ?? []
    return [text, ...encoded.map((one) => Buffer.from(one, 'base64').toString())].join('\n')
  } finally {
    await connection.close()
  }
}

describe('an event for 1,000 webhooks', () => {
  it('is delivered once to each, in one workflow of fewer than 10,240 history events', async () => {
    const count = 1_000
    const receiver = await receiverOf()
    const { models } = herald.runtime
    const template = await herald.webhook({
      events: ['fan.out'],
      target: { type: 'http', url: `${receiver.url}/0` },
    })
    const one = await models.webhooks.findById(template.id).lean<WebhookDocument>().exec()
    if (!one) throw new Error('no webhook')
    const copies = Array.from({ length: count - 1 }, (_, n) => ({
      ...one,
      _id: newId('wh', Date.now()),
      target: { ...one.target, url: `${receiver.url}/${n + 1}` },
    }))
    await models.webhooks.insertMany(copies)
    const event = await herald.event({ type: 'fan.out' })
    const handle = herald.client.workflow.getHandle(`event/default/${event}`)
    const result = await until(
      async () => {
        const { status } = await handle.describe()
        return status.name !== 'RUNNING' && status.name
      },
      { seconds: 110, what: 'the end of the workflow' },
    )
    expect(result).toBe('COMPLETED')
    const paths = new Set(receiver.hits.map((hit) => hit.path))
    expect(receiver.hits).toHaveLength(count)
    expect(paths.size).toBe(count)
    const once = { event, state: 'delivered' as const, attempts: 1 }
    expect(await models.deliveries.countDocuments(once)).toBe(count)
    const { historyLength } = await handle.describe()
    expect(historyLength).toBeLessThan(10_240)
  }, 120_000)
})
