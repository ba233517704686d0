import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Caps } from '../../src/activities/caps.ts'
import { type Cap, Slots } from '../../src/activities/slots.ts'

const cap = (key: string, limit: number): Cap => ({ key, limit: () => limit })
const PATIENCE_MS = 60_000

function webhook(id: string, url: string, more: { tenant?: string; concurrency?: number } = {}) {
  const target = { type: 'http', url, timeout: '15s' } as const
  return { _id: id, tenant: 'default', concurrency: 32, target, ...more }
}

/** How many of these can be had now. */
async function openAtOnce(acquire: () => Promise<(() => void) | undefined>, most: number) {
  const held = await Promise.all(Array.from({ length: most }, acquire))
  const releases = held.flatMap((release) => release ?? [])
  for (const release of releases) release()
  return releases.length
}

describe('slots', () => {
  it('under several keys are never more than any of the limits, and everybody gets theirs', async () => {
    const demand = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 2 }))
    const limits = { webhook: 2, origin: 3, tenant: 4 }
    const property = fc.asyncProperty(fc.array(demand, { maxLength: 60 }), async (demands) => {
      const slots = new Slots()
      const open = new Map<string, number>()
      const served = demands.map(async ([number, tenant]) => {
        const caps = [
          cap(`webhook ${number} ${tenant}`, limits.webhook),
          cap(`origin ${number % 3}`, limits.origin),
          cap(`tenant ${tenant}`, limits.tenant),
        ]
        const release = await slots.acquireAll(caps, PATIENCE_MS)
        for (const { key, limit } of caps) {
          open.set(key, (open.get(key) ?? 0) + 1)
          expect(open.get(key)).toBeLessThanOrEqual(limit())
        }
        await new Promise(setImmediate)
        for (const { key } of caps) open.set(key, (open.get(key) ?? 0) - 1)
        release?.()
        return release !== undefined
      })
      expect(await Promise.all(served)).not.toContain(false)
    })
    await fc.assert(property, { numRuns: 100 })
  })

  it('go to whoever holds the fewest, then to who came first', async () => {
    const slots = new Slots()
    const tenant = cap('tenant', 2)
    const order: string[] = []
    const take = async (name: string) => {
      const release = await slots.acquireAll([cap(name, 10), tenant], PATIENCE_MS)
      order.push(name)
      return release
    }
    const held = await Promise.all([take('busy'), take('busy')])
    const all = Promise.all(
      ['busy', 'busy', 'quiet', 'calm'].map(async (name) => (await take(name))?.()),
    )
    held[0]?.()
    await all
    expect(order.slice(2)).toEqual(['quiet', 'calm', 'busy', 'busy'])
  })

  it('that did not come free in time are nobody’s, and a release counts once', async () => {
    const slots = new Slots()
    const release = await slots.acquire('a', 1, 0)
    expect(await slots.acquire('a', 1, 5)).toBeUndefined()
    release?.()
    release?.()
    const again = await slots.acquire('a', 1, 0)
    expect(again).toBeDefined()
    expect(await slots.acquire('a', 1, 0)).toBeUndefined()
  })
})

describe('the caps of a process', () => {
  const limits = { perOrigin: 20, perTenant: 50 }
  const fresh = () => new Caps(new Slots(), limits)

  it('hold for the webhooks of one origin together, and for those of one tenant', async () => {
    const caps = fresh()
    const to = (n: number) => webhook(`wh_${n}`, `https://hooks.example.com/${n}`)
    let n = 0
    expect(await openAtOnce(() => caps.request(to(n++ % 4), 0), 60)).toBe(limits.perOrigin)
    const other = (m: number) => webhook(`wh_${m}`, `https://host${m}.example.com/`)
    expect(await openAtOnce(() => caps.request(other(n++), 0), 80)).toBe(limits.perTenant)
  })

  it('leave other origins and other tenants alone', async () => {
    const caps = fresh()
    const tarpit = webhook('wh_1', 'https://tarpit.example.com/')
    for (let n = 0; n < limits.perOrigin; n++) await caps.request(tarpit, 0)
    expect(await caps.request(tarpit, 0)).toBeUndefined()
    expect(await caps.request(webhook('wh_2', 'https://ok.example.com/'), 0)).toBeDefined()
    for (let n = 0; n < 60; n++) await caps.request(webhook(`w${n}`, `https://a${n}.net/`), 0)
    expect(await caps.request(webhook('wh_3', 'https://c.net/'), 0)).toBeUndefined()
    const foreign = webhook('wh_4', 'https://d.net/', { tenant: 'acme' })
    expect(await caps.request(foreign, 0)).toBeDefined()
  })

  it('are a webhook’s own where that is less', async () => {
    const caps = fresh()
    const narrow = webhook('wh_1', 'https://a.example.com/', { concurrency: 3 })
    expect(await openAtOnce(() => caps.request(narrow, 0), 10)).toBe(3)
  })

  it('shrink to 8 for an origin that times out, also for its rounds, and grow again with its answers', async () => {
    const caps = fresh()
    const slow = webhook('wh_1', 'https://slow.example.com/')
    for (let n = 0; n < 5; n++) caps.note(slow, 'timeout')
    expect(await openAtOnce(() => caps.request(slow, 0), 30)).toBe(8)
    expect(await openAtOnce(() => caps.round(slow), 30)).toBe(8)
    caps.note(slow, 'http_5xx')
    expect(await openAtOnce(() => caps.request(slow, 0), 30)).toBe(16)
    caps.note(slow, undefined)
    expect(await openAtOnce(() => caps.request(slow, 0), 30)).toBe(20)
    caps.note(slow, 'http_4xx')
    expect(await openAtOnce(() => caps.request(slow, 0), 30)).toBe(20)
  })
})
