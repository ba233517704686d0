import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Herald, type Json, startHerald } from '../../support/herald.ts'
import { type Answer, type Hit, type Receiver, startReceiver } from '../../support/receiver.ts'
import { SEED_EVENTS } from '../../support/seed-events.ts'
import { slackFaults } from '../../support/strangers/slack-limits.ts'
import { until } from '../../support/until.ts'

const PATH = '/services/T0000001/B0000001/verysecrettokenXYZ'

let herald: Herald
const receivers: Receiver[] = []

beforeAll(async () => {
  herald = await startHerald('slack', {
    SLACK_ALLOW_HOSTS: '127.0.0.1',
    PUBLIC_URL: 'https://herald.example.com',
  })
})
afterAll(async () => {
  await herald.stop()
  await Promise.all(receivers.map((one) => one.close()))
})

/** A Slack-compatible server of its own, and a webhook that points at it for one event type. */
async function scene(events: string[], answer?: (hit: Hit, n: number) => Answer) {
  const receiver = await startReceiver(answer)
  receivers.push(receiver)
  const url = new URL(PATH, receiver.url).href
  const webhook = await herald.webhook({
    events,
    format: 'raw',
    target: { type: 'slack', url, timeout: '2s' },
    retry: { type: 'fixed', interval: '1s', retries: 3 },
  })
  return { receiver, webhook }
}

/** All texts of an event's workflow history, payloads decoded, once it has ended. */
async function historyOf(event: string): Promise<string> {
  const handle = herald.client.workflow.getHandle(`event/default/${event}`)
  await until(async () => (await handle.describe()).status.name !== 'RUNNING')
  return textsOf((await handle.fetchHistory()).events).join('\n')
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (value instanceof Uint8Array) return [Buffer.from(value).toString()]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : []
}

/** Every answer of the API that could show something of the webhook. */
async function answersAbout(webhook: string, delivery: Json): Promise<string> {
  const paths = [
    `/v1/webhooks/${webhook}`,
    '/v1/webhooks?limit=100',
    `/v1/deliveries?webhook=${webhook}`,
    `/v1/deliveries/${String(delivery['id'])}`,
    `/v1/events/${String(delivery['event'])}`,
    '/v1/audit?limit=100',
  ]
  const answers = await Promise.all(
    paths.map(async (path) => {
      const { status, body } = await herald.call('GET', path)
      expect(status, path).toBe(200)
      return JSON.stringify(body)
    }),
  )
  return answers.join('\n')
}

function expectNoSecret(text: string): void {
  for (const part of [PATH, 'T0000001', 'B0000001', 'verysecrettoken'])
    expect(text.includes(part), part).toBe(false)
}

describe('a Slack target', () => {
  it('gets a message that Slack takes for each seed type and for 100 KiB, and nothing of ours else', async () => {
    const { receiver, webhook } = await scene(SEED_EVENTS.map(({ type }) => type))
    const hostile = '<!channel> \u{1F468}\u200D\u{1F469}\u200D\u{1F467} & '
    const big = {
      type: 'alert_created',
      data: { [hostile]: hostile.repeat(50), big: 'x'.repeat(102_400) },
    }
    for (const event of [...SEED_EVENTS, big]) await herald.event({ subject: 'cus_1', ...event })
    await until(() => receiver.hits.length >= SEED_EVENTS.length + 1)
    for (const { body, headers, path } of receiver.hits) {
      expect(slackFaults(body.toString())).toEqual([])
      expect(body.toString()).toContain('<https://herald.example.com/deliveries/dlv_')
      expect(path).toBe(PATH)
      expect(headers['content-type']).toBe('application/json')
      expect(headers['user-agent']).toMatch(/^herald\//)
      const ours = Object.keys(headers).filter((name) => /^(herald-|webhook-|x-)/.test(name))
      expect(ours).toEqual([])
    }
    const delivery = await herald.reached(webhook.id, 'delivered')
    const sent = receiver.hits.map((hit) => hit.body.toString())
    expect(sent).toContain(delivery['body'])
    expectNoSecret(await answersAbout(webhook.id, delivery))
    expectNoSecret(JSON.stringify(webhook))
    expectNoSecret(await historyOf(String(delivery['event'])))
  })

  it('429 with Retry-After lengthens the wait, and the same bytes come again', async () => {
    const { receiver, webhook } = await scene(['slack.limited'], (_hit, n) =>
      n === 1
        ? { status: 429, headers: { 'retry-after': '3' }, body: 'rate_limited' }
        : { status: 200 },
    )
    await herald.event({ type: 'slack.limited' })
    await herald.reached(webhook.id, 'delivered')
    const [first, second] = receiver.hits
    expect((second?.at ?? 0) - (first?.answeredAt ?? 0)).toBeGreaterThanOrEqual(2_985)
    expect(second?.body.equals(first?.body ?? Buffer.of())).toBe(true)
    expect(receiver.hits).toHaveLength(2)
  })

  it('404 fails the delivery at once, disables the webhook with the reason, and its path stays secret', async () => {
    const { receiver, webhook } = await scene(['slack.gone'], ({ path }) => ({
      status: 404,
      headers: { 'x-tried': path },
      body: `Cannot POST ${path}`,
    }))
    const event = await herald.event({ type: 'slack.gone' })
    const delivery = await herald.reached(webhook.id, 'failed')
    expect(delivery['reason']).toEqual({
      code: 'slack_gone',
      detail: 'Attempt 1 of the schedule: answered 404.',
    })
    expect(receiver.hits).toHaveLength(1)
    const disabled = await until(async () => {
      const { body } = await herald.call('GET', `/v1/webhooks/${webhook.id}`)
      return body['state'] === 'disabled' ? body : undefined
    })
    expect(disabled['stateReason']).toMatchObject({
      code: 'slack_gone',
      detail: 'Slack answered 404.',
    })
    const answers = await answersAbout(webhook.id, delivery)
    expect(answers).toContain('Cannot POST …')
    expectNoSecret(answers)
    expectNoSecret(await historyOf(event))
  })

  it('410 disables it with the word of Slack', async () => {
    const { webhook } = await scene(['slack.archived'], () => ({
      status: 410,
      body: 'channel_is_archived',
    }))
    await herald.event({ type: 'slack.archived' })
    await herald.reached(webhook.id, 'failed')
    const disabled = await until(async () => {
      const { body } = await herald.call('GET', `/v1/webhooks/${webhook.id}`)
      return body['stateReason'] as Json | undefined
    })
    expect(disabled['detail']).toBe('Slack answered 410 channel_is_archived.')
  })

  it('400 ends the delivery and leaves the webhook active', async () => {
    const { receiver, webhook } = await scene(['slack.refused'], () => ({
      status: 400,
      body: 'invalid_payload',
    }))
    await herald.event({ type: 'slack.refused' })
    const delivery = await herald.reached(webhook.id, 'failed')
    expect(delivery['reason']).toEqual({
      code: 'http_4xx',
      detail: 'Attempt 1 of the schedule: answered 400 invalid_payload.',
    })
    expect(receiver.hits).toHaveLength(1)
    expect((await herald.call('GET', `/v1/webhooks/${webhook.id}`)).body['state']).toBe('active')
  })

  it('is what the preview shows', async () => {
    const { receiver, webhook } = await scene(['slack.seen'])
    const event = {
      id: 'slack-seen',
      type: 'slack.seen',
      occurredAt: '2026-01-02T03:04:05Z',
      data: { a: 1 },
    }
    const preview = await herald.call('POST', '/v1/webhooks/preview', {
      webhook: webhook.id,
      event,
    })
    expectNoSecret(JSON.stringify(preview.body))
    await herald.event(event)
    await herald.reached(webhook.id, 'delivered')
    expect(preview.body['body']).toBe(receiver.hits[0]?.body.toString())
    expect(receiver.hits).toHaveLength(1)
  })
})

describe('a workflow in Temporal Web', () => {
  it('leads back to its event in the console', async () => {
    const event = await herald.event({ type: 'nobody.wants', data: {} })
    const handle = herald.client.workflow.getHandle(`event/default/${event}`)
    const { staticDetails } = await handle.describe()
    expect(await staticDetails()).toBe(
      `[Open in herald](https://herald.example.com/events/${event})`,
    )
  })
})
