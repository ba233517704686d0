import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Herald, startHerald } from '../../support/herald.ts'
import { type Receiver, startReceiver } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'

const HEALTHY = 20
/** One half of the healthy ones is of the tenant of the one that hangs, with lanes among them; the other half is not. */
const TENANTS = ['default', 'other']
/** Times that each of them gets an event, and how long after one another. */
const TIMES = 12
const EVERY_MS = 1_500

let herald: Herald
let receiver: Receiver
let isHanging = false
beforeAll(async () => {
  herald = await startHerald('shared_origin', { OUTBOUND_ORIGIN_CONCURRENCY: '8' })
  receiver = await startReceiver(({ path }) => ({
    status: 200,
    delayMs: isHanging && path === '/slow' ? 20_000 : 5,
  }))
  const made = async (path: string, fields: object, tenant: string) => {
    const target = { type: 'http', url: new URL(path, receiver.url).href, timeout: '4s' }
    const retry = { type: 'fixed', interval: '1s', retries: 20 }
    const webhook = { name: path, target, retry, ...fields }
    expect((await call('/v1/webhooks', webhook, tenant)).status).toBe(201)
  }
  await made('/slow', { events: ['slow'] }, 'default')
  for (let n = 0; n < HEALTHY; n++) {
    const limit = n % 4 === 0 ? { rateLimit: { limit: 500, per: '1s' } } : {}
    await made(`/${n}`, { events: [`to.${n}`], ...limit }, TENANTS[n % 2] ?? '')
  }
}, 90_000)
afterAll(async () => {
  await receiver.close()
  await herald.stop()
})

function call(path: string, body: unknown, tenant: string) {
  return herald.call('POST', path, body, { 'herald-tenant': tenant })
}

/** Posts an event for each healthy webhook, again and again; how long each took to arrive, in order of length. */
async function latencies(): Promise<number[]> {
  const seen = receiver.hits.length
  const postedAt: number[] = []
  for (let n = 0; n < TIMES; n++) {
    const all = Array.from({ length: HEALTHY }, (_, to) => ({ type: `to.${to}`, data: {} }))
    postedAt.push(Date.now())
    for (const [index, tenant] of TENANTS.entries()) {
      const events = all.filter((_event, to) => to % 2 === index)
      expect((await call('/v1/events/batch', { events }, tenant)).status).toBe(202)
    }
    await sleep(EVERY_MS)
  }
  const arrived = () => receiver.hits.slice(seen).filter(({ path }) => path !== '/slow')
  const isAll = () => arrived().length >= HEALTHY * TIMES
  await until(isAll, { seconds: 60, what: 'all at the healthy ones' })
  const tookMs = Array.from({ length: HEALTHY }, (_, to) => {
    const hits = arrived().filter(({ path }) => path === `/${to}`)
    return hits.map(({ at }, n) => at - (postedAt[n] ?? 0))
  })
  return tookMs.flat().toSorted((a, b) => a - b)
}

const p99 = (sorted: number[]) => sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Infinity

describe('twenty healthy webhooks of an origin, of two tenants', () => {
  it('get their events in at most twice the time while another one of the same origin hangs', async () => {
    await latencies() // connections, caches
    const alone = await latencies()
    isHanging = true
    const events = Array.from({ length: 60 }, () => ({ type: 'slow', data: {} }))
    await herald.call('POST', '/v1/events/batch', { events })
    await until(() => receiver.hits.filter(({ path }) => path === '/slow').length >= 8, {
      what: 'an origin that is full of requests that hang',
    })
    const beside = await latencies()
    isHanging = false
    console.log(`p99 alone ${p99(alone)} ms, beside one that hangs ${p99(beside)} ms`)
    // a machine that has something else to do at one of the two is no fault of this
    expect(p99(beside)).toBeLessThanOrEqual(Math.max(2 * p99(alone), 500))
  }, 240_000)
})
