import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Json } from '../../support/herald.ts'
import { type HeraldProcess, heraldProcess } from '../../support/servers/process.ts'
import { type Hit, type Receiver, startReceiver } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'

let herald: HeraldProcess
const receivers: Receiver[] = []

beforeAll(async () => {
  herald = await heraldProcess('crash')
  await herald.start()
})
afterAll(async () => {
  await herald.stop()
  await Promise.all(receivers.map((one) => one.close()))
})

/** Until an answer is on record in a burst on two cores, the slower MongoDB and the receiver's own process included. */
const RECORDED_MS = 250

/** How long before the next kill this request was answered; 0 or less where it was open then. */
function answeredBeforeMs(hit: Hit, kills: { from: number; to: number }[]): number {
  const kill = kills.find(({ to }) => hit.at <= to)
  if (!kill) return Infinity
  return hit.answeredAt === 0 ? 0 : kill.from - hit.answeredAt
}

async function postUntilAccepted(id: string): Promise<void> {
  await until(
    async () => {
      try {
        return (
          (await herald.call('POST', '/v1/events', { id, type: 'k.x', data: { id } })).status ===
          202
        )
      } catch {
        return false // nobody listens: the process was killed
      }
    },
    { seconds: 60, what: 'a 202' },
  )
}

/** How many attempts of a delivered event are on record as `unknown`, and were sent again for that. */
async function unknownsOf(event: string): Promise<number> {
  const delivery = await until(
    async () => {
      const list = await herald.call('GET', `/v1/deliveries?event=${event}&state=delivered`)
      return (list.body['data'] as Json[])[0]
    },
    { seconds: 60, what: `${event} to be on record as delivered` },
  )
  const { body } = await herald.call('GET', `/v1/deliveries/${String(delivery['id'])}`)
  return (body['attempts'] as Json[]).filter((one) => one['outcome'] === 'unknown').length
}

const idOf = (body: Buffer) => (JSON.parse(body.toString()) as { id: string }).id

describe('kill -9', () => {
  it('five times with 200 events in flight loses nothing, and duplicates only what was open', async () => {
    const receiver = await startReceiver(() => ({ status: 200, delayMs: 30 }))
    receivers.push(receiver)
    await herald.webhook({ events: ['k.x'], target: { type: 'http', url: receiver.url } })
    const accepted: string[] = []
    const kills: { from: number; to: number }[] = []
    for (let kill = 0; kill < 5; kill++) {
      const before = receiver.hits.length
      const ids = Array.from({ length: 200 }, (_, n) => `k${kill}-${n}`)
      const posts = ids.map((id) => postUntilAccepted(id).then(() => accepted.push(id)))
      await until(() => receiver.hits.length >= before + 40, { what: '40 requests' })
      const from = Date.now()
      await herald.kill()
      kills.push({ from, to: Date.now() })
      await herald.start()
      await Promise.all(posts)
    }
    const seen = () => new Set(receiver.hits.map((hit) => idOf(hit.body)))
    await until(() => accepted.every((id) => seen().has(id)), {
      seconds: 90,
      what: 'all accepted events',
    })
    expect(accepted).toHaveLength(1_000)
    for (const hit of receiver.hits) expect(hit.headers['webhook-id']).toBe(idOf(hit.body))
    for (const id of seen()) {
      const hits = receiver.hits.filter((hit) => idOf(hit.body) === id)
      const earlier = hits.slice(0, -1)
      const agesMs = earlier.map((hit) => answeredBeforeMs(hit, kills))
      expect(agesMs.filter((ageMs) => ageMs > RECORDED_MS)).toEqual([])
      if (earlier.length > 0) expect(await unknownsOf(id)).toBeGreaterThanOrEqual(earlier.length)
    }
  }, 300_000)

  it('six times within fixed 1s × 3 uses up no attempt of a healthy webhook, and each is on record as unknown', async () => {
    let healthy = false
    const receiver = await startReceiver(() => ({ status: 200, delayMs: healthy ? 0 : 60_000 }))
    receivers.push(receiver)
    const webhook = await herald.webhook({
      events: ['six.x'],
      target: { type: 'http', url: receiver.url, timeout: '30s' },
      retry: { type: 'fixed', interval: '1s', retries: 3 },
    })
    await herald.event({ type: 'six.x' })
    for (let kill = 1; kill <= 6; kill++) {
      await until(() => receiver.hits.length >= kill, { seconds: 60, what: `request ${kill}` })
      healthy = kill === 6
      await herald.kill()
      await herald.start()
    }
    const delivery = await herald.reached(webhook.id, 'delivered', 60)
    const outcomes = (delivery['attempts'] as Json[]).map((one) => one['outcome'])
    expect(outcomes).toEqual([...Array.from({ length: 6 }, () => 'unknown'), 'delivered'])
  }, 300_000)
})

describe('kill -9 of a process that tries a delivery now', () => {
  it('leaves the rest of its schedule to one sender', async () => {
    const receiver = await startReceiver((_hit, n) => ({ status: 500, delayMs: n === 2 ? 800 : 0 }))
    receivers.push(receiver)
    const webhook = await herald.webhook({
      events: ['now.x'],
      target: { type: 'http', url: receiver.url },
      retry: { type: 'fixed', interval: '3s', retries: 3 },
    })
    await herald.event({ type: 'now.x' })
    const delivery = await herald.reached(webhook.id, 'retrying')
    const id = String(delivery['id'])
    expect((await herald.call('POST', `/v1/deliveries/${id}/redeliver`)).status).toBe(202)
    await until(() => receiver.hits.length === 2)
    await herald.kill()
    await herald.start()
    const { attempts } = await herald.reached(webhook.id, 'failed', 90)
    const outcomes = (attempts as Json[]).map((one) => one['outcome'])
    expect(outcomes).toEqual(['failed', 'unknown', 'failed', 'failed', 'failed'])
    const numbers = receiver.hits.map((hit) => Number(hit.headers['herald-attempt']))
    expect(numbers).toEqual([1, 2, 3, 4, 5])
  }, 180_000)
})

describe('SIGTERM', () => {
  it('cuts no open POST, loses nothing, duplicates nothing, and exits 0', async () => {
    const receiver = await startReceiver(() => ({ status: 200, delayMs: 1_500 }))
    receivers.push(receiver)
    const webhook = await herald.webhook({
      events: ['term.x'],
      target: { type: 'http', url: receiver.url },
    })
    for (let n = 0; n < 10; n++) await herald.event({ id: `term-${n}`, type: 'term.x' })
    await until(() => receiver.hits.length > 0)
    expect(await herald.stop()).toBe(0)
    await herald.start()
    await until(() => receiver.hits.length >= 10, { seconds: 60 })
    await until(async () => {
      const list = await herald.call('GET', `/v1/deliveries?webhook=${webhook.id}&state=delivered`)
      return (list.body['data'] as Json[]).length === 10
    })
    expect(receiver.hits).toHaveLength(10)
    expect(receiver.hits.every((hit) => hit.headers['herald-attempt'] === '1')).toBe(true)
  }, 120_000)
})
