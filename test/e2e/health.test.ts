import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Herald, type Json, startHerald } from '../support/herald.ts'
import { type Answer, type Hit, type Receiver, startReceiver } from '../support/receiver.ts'
import { slackFaults } from '../support/strangers/slack-limits.ts'
import { until } from '../support/until.ts'

const SETTINGS = { SLACK_ALLOW_HOSTS: '127.0.0.1' }
let herald: Herald
let ops: Receiver
let slack: Receiver
let everything: Receiver
const receivers: Receiver[] = []

beforeAll(async () => {
  herald = await startHerald('health', SETTINGS)
  ops = (await hook('herald.*', {})).receiver
  everything = (await hook('*', {})).receiver
  slack = await startReceiver()
  receivers.push(slack)
  await herald.webhook({
    events: ['failing', 'disabled', 'recovered'].map((name) => `herald.webhook.${name}`),
    target: { type: 'slack', url: new URL('/services/T1/B1/secret', slack.url).href },
    rateLimit: null,
  })
})
afterAll(async () => {
  await herald.stop()
  await Promise.all(receivers.map((one) => one.close()))
})

/** Three failed attempts within two seconds are enough, and there are more. */
const impatient = {
  autoDisable: { after: '2s', attempts: 3 },
  retry: { type: 'fixed', interval: '300ms', retries: 20 },
}

async function hook(
  type: string,
  fields: Json = impatient,
  answer?: (hit: Hit, n: number) => Answer,
) {
  const receiver = await startReceiver(answer)
  receivers.push(receiver)
  const webhook = await herald.webhook({
    name: `hook of ${type}`,
    events: [type],
    target: { type: 'http', url: receiver.url, timeout: '10s' },
    ...fields,
  })
  return { receiver, webhook }
}

type Told = { type: string; data: Json }
const bodies = (receiver: Receiver) =>
  receiver.hits.map(({ body }) => JSON.parse(body.toString()) as Told)
/** The operator events about a webhook that the HTTP receiver of operators got, in order. */
const toldOf = (webhook: string) => bodies(ops).filter(({ data }) => data['webhook'] === webhook)
const typesOf = (webhook: string) =>
  toldOf(webhook).map(({ type }) => type.replace('herald.webhook.', ''))
const told = (webhook: string, types: string[]) =>
  until(() => types.every((type) => typesOf(webhook).includes(type)), {
    what: `${types.join()} of ${webhook}`,
  })
const read = async (id: string) => (await herald.call('GET', `/v1/webhooks/${id}`)).body
const auditOf = async (id: string) => {
  const { body } = await herald.call('GET', `/v1/audit?resource=${id}&key=herald`)
  return (body['data'] as Json[]).map(({ action, key }) => `${String(key)} ${String(action)}`)
}
const test = (id: string) =>
  herald.call('POST', `/v1/webhooks/${id}/test`, { type: 'x', data: 1 }, { prefer: 'wait=10' })

describe('a webhook that only fails', () => {
  it('is warned of, disabled, and made active by a test that succeeds; operators hear of each once', async () => {
    let up = false
    const { webhook } = await hook('sick.a', impatient, () => ({ status: up ? 200 : 500 }))
    const { id } = webhook
    await herald.event({ type: 'sick.a' })
    await told(id, ['failing', 'disabled'])
    const disabled = await read(id)
    expect(disabled).toMatchObject({ state: 'disabled', stateReason: { code: 'failing' } })
    expect(disabled).not.toHaveProperty('failing')
    const delivery = await herald.reached(id, 'failed')
    expect(delivery['reason']).toMatchObject({ code: 'webhook_disabled' })
    expect((await test(id)).body['result']).toMatchObject({ attempts: [{ status: 500 }] })
    expect((await read(id))['state']).toBe('disabled')
    up = true
    expect((await test(id)).body['result']).toMatchObject({ state: 'delivered' })
    await told(id, ['recovered'])
    expect(await read(id)).toMatchObject({ state: 'active' })
    expect(await read(id)).not.toHaveProperty('stateReason')
    expect(typesOf(id)).toEqual(['failing', 'disabled', 'recovered'])
    expect(await auditOf(id)).toEqual(['herald webhook.enabled', 'herald webhook.disabled'])
    const [failing] = toldOf(id)
    expect(failing?.data).toMatchObject({ name: 'hook of sick.a', code: 'failing' })
    expect(Number(failing?.data['attempts'])).toBeGreaterThanOrEqual(2)
  })

  it('that answers again in time has recovered, and its version stays', async () => {
    let up = false
    const lenient = { ...impatient, autoDisable: { after: '3s', attempts: 4 } }
    const { webhook } = await hook('sick.b', lenient, () => ({ status: up ? 200 : 500 }))
    await herald.event({ type: 'sick.b' })
    await told(webhook.id, ['failing'])
    expect(await read(webhook.id)).toMatchObject({ failing: { attempts: expect.any(Number) } })
    up = true
    await told(webhook.id, ['recovered'])
    const now = await read(webhook.id)
    expect(now).toMatchObject({ state: 'active', version: 1 })
    expect(now).not.toHaveProperty('failing')
    expect(await auditOf(webhook.id)).toEqual([])
  })

  it('stays active where its policy is null', async () => {
    const never = { ...impatient, autoDisable: null, retry: { ...impatient.retry, retries: 4 } }
    const { webhook } = await hook('sick.c', never, () => ({ status: 500 }))
    await herald.event({ type: 'sick.c' })
    const delivery = await herald.reached(webhook.id, 'failed')
    expect(delivery['attempts']).toHaveLength(5)
    expect(await read(webhook.id)).toMatchObject({ state: 'active', autoDisable: null })
    expect(typesOf(webhook.id)).toEqual([])
  })

  it('is counted anew from a change by a person on', async () => {
    const { receiver, webhook } = await hook('sick.d', { retry: impatient.retry }, () => ({
      status: 500,
    }))
    const long = { since: new Date(Date.now() - 9 * 86_400_000), attempts: 500 }
    const { webhooks } = herald.runtime.models
    await webhooks.updateOne({ _id: webhook.id }, { $set: { health: long } })
    await herald.call(
      'PATCH',
      `/v1/webhooks/${webhook.id}`,
      { name: 'mended' },
      {
        'if-match': '"1"',
      },
    )
    await herald.event({ type: 'sick.d' })
    await until(() => receiver.hits.length > 3)
    const now = await until(async () => {
      const shown = await read(webhook.id)
      return shown['failing'] ? shown : undefined
    })
    expect(now['state']).toBe('active')
    expect(Number((now['failing'] as Json)['attempts'])).toBeLessThan(100)
    await herald.call('POST', `/v1/webhooks/${webhook.id}/pause`)
  })

  it('that answers 410 is disabled at once, and a resumed one has recovered with its first success', async () => {
    const { webhook } = await hook('sick.e', {}, (_hit, n) => ({ status: n === 1 ? 410 : 200 }))
    await herald.event({ type: 'sick.e' })
    await told(webhook.id, ['disabled'])
    expect(toldOf(webhook.id)[0]?.data).toMatchObject({ code: 'gone', attempts: 1 })
    expect(await auditOf(webhook.id)).toEqual(['herald webhook.disabled'])
    await herald.call('POST', `/v1/webhooks/${webhook.id}/resume`)
    await herald.event({ type: 'sick.e' })
    await told(webhook.id, ['recovered'])
  })
})

describe('a webhook that is well', () => {
  it('is written by no delivery', async () => {
    const { webhook } = await hook('well.a', {})
    const { webhooks } = herald.runtime.models
    const before = await webhooks.findById(webhook.id).lean()
    const events = Array.from({ length: 20 }, () => ({ type: 'well.a', data: {} }))
    await herald.call('POST', '/v1/events/batch', { events })
    await until(async () => {
      const query = `/v1/deliveries?webhook=${webhook.id}&state=delivered&limit=50`
      return ((await herald.call('GET', query)).body['data'] as Json[]).length === events.length
    })
    expect(await webhooks.findById(webhook.id).lean()).toEqual(before)
  })
})

describe('operator events', () => {
  it('read well in Slack and go to no webhook that names only *', async () => {
    await until(() => slack.hits.length >= ops.hits.length)
    for (const { body } of slack.hits) expect(slackFaults(body.toString())).toEqual([])
    const texts = slack.hits.map(({ body }) => (JSON.parse(body.toString()) as Json)['text'])
    expect(texts.join('\n')).toMatch(
      /Webhook is failing · wh_\w+ · \*hook of sick\.a\* \(127\.0\.0\.1:\d+\): \d+ attempts in a row have failed since/,
    )
    expect(texts.join('\n')).toContain('Webhook has recovered')
    expect(bodies(everything).filter(({ type }) => type.startsWith('herald.'))).toEqual([])
    expect(bodies(everything).length).toBeGreaterThan(0)
  })

  it('that cannot be delivered disable their webhook, and raise no further ones', async () => {
    const broken = await hook('herald.*', impatient, () => ({ status: 500 }))
    const { webhook } = await hook('sick.f', {}, () => ({ status: 410 }))
    await herald.event({ type: 'sick.f' })
    await told(webhook.id, ['disabled'])
    await until(async () => (await read(broken.webhook.id))['state'] === 'disabled')
    await until(async () => (await auditOf(broken.webhook.id)).length > 0)
    const { body } = await herald.call('GET', `/v1/events?subject=${broken.webhook.id}`)
    expect(body['data']).toEqual([])
  })

  it('can be redelivered, rerun and replayed, though nobody may post them', async () => {
    let up = false
    const once = { retry: { type: 'fixed', interval: '100ms', retries: 0 }, autoDisable: null }
    const late = await hook('herald.webhook.disabled', once, () => ({ status: up ? 200 : 500 }))
    const { webhook } = await hook('sick.h', {}, () => ({ status: 410 }))
    await herald.event({ type: 'sick.h' })
    const failed = await herald.reached(late.webhook.id, 'failed')
    const posted = { type: 'herald.webhook.disabled', data: {} }
    expect((await herald.call('POST', '/v1/events', posted)).status).toBe(422)
    const hits = (count: number) => until(() => late.receiver.hits.length === count)
    const { id, event } = failed as { id: string; event: string }
    const redelivered = await herald.call('POST', `/v1/deliveries/${id}/redeliver`)
    expect(redelivered.status).toBe(202)
    await hits(2)
    await herald.reached(late.webhook.id, 'failed')
    const rerun = await herald.call('POST', `/v1/events/${event}/rerun`)
    expect(rerun.status).toBe(202)
    await hits(3)
    await herald.reached(late.webhook.id, 'failed')
    up = true
    const replay = await herald.call('POST', '/v1/replays', {
      filter: { webhook: late.webhook.id },
    })
    expect(replay.status).toBe(202)
    await hits(4)
    await herald.reached(late.webhook.id, 'delivered')
    expect(bodies(late.receiver).map(({ data }) => data['webhook'])).toEqual(
      Array.from({ length: 4 }, () => webhook.id),
    )
  })

  it('that a process did not get to say are said by the next one', async () => {
    const { webhook } = await hook('sick.g', {})
    await herald.event({ type: 'sick.g' })
    await herald.reached(webhook.id, 'delivered')
    const { webhooks } = herald.runtime.models
    const data = { webhook: webhook.id, name: 'x', host: 'x', code: 'gone', reason: 'x' }
    const rest = { since: new Date().toISOString(), attempts: 1 }
    const notice = {
      id: `evt_${webhook.id.slice(3)}`,
      type: 'herald.webhook.disabled' as const,
      at: new Date(),
      data: { ...data, ...rest },
      isSilent: false,
    }
    await webhooks.updateOne({ _id: webhook.id }, { $push: { notices: notice } })
    await herald.stop()
    herald = await startHerald('health', SETTINGS)
    await told(webhook.id, ['disabled'])
    await until(async () => {
      const stored = await herald.runtime.models.webhooks.findById(webhook.id).lean()
      return stored?.notices?.length === 0
    })
  })
})
