import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Json } from '../support/herald.ts'
import { type HeraldProcess, heraldProcess } from '../support/process.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'

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

/** Requests that a kill between these times may have left without a record: open then, or answered 10 ms before. */
function openDuring(receiver: Receiver, kill: { from: number; to: number }): number {
  return receiver.hits.filter(
    (hit) => hit.at <= kill.to && (hit.answeredAt === 0 || hit.answeredAt >= kill.from - 10),
  ).length
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
    const duplicates = receiver.hits.length - seen().size
    const explained = kills.map((kill) => openDuring(receiver, kill))
    expect(duplicates).toBeLessThanOrEqual(explained.reduce((sum, one) => sum + one, 0))
    for (const hit of receiver.hits) expect(hit.headers['webhook-id']).toBe(idOf(hit.body))
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
