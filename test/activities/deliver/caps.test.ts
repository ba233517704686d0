import { describe, expect, it } from 'vitest'
import { Caps } from '../../../src/activities/deliver/caps.ts'

const LIMITS = { perOrigin: 20, perTenant: 50 }
const NOW = { patienceMs: 0 }
const never = new AbortController().signal

function webhook(id: string, url: string, more: { tenant?: string; concurrency?: number } = {}) {
  const target = { type: 'http', url, timeout: '15s' } as const
  return { _id: id, tenant: 'default', concurrency: 32, target, ...more }
}
const fresh = (stopping = never) => new Caps(LIMITS, { random: () => 0.5, stopping })

/** How many of these can be had now; they are given back. */
async function openAtOnce(acquire: () => Promise<(() => void) | undefined>, most: number) {
  const held = await Promise.all(Array.from({ length: most }, acquire))
  const releases = held.flatMap((release) => release ?? [])
  for (const release of releases) release()
  return releases.length
}

describe('the caps of a process', () => {
  it('hold for the webhooks of one origin together, and for those of one tenant', async () => {
    const caps = fresh()
    const to = (n: number) => webhook(`wh_${n}`, `https://hooks.example.com/${n}`)
    let n = 0
    expect(await openAtOnce(() => caps.request(to(n++ % 4), NOW), 60)).toBe(LIMITS.perOrigin)
    const other = (m: number) => webhook(`wh_${m}`, `https://host${m}.example.com/`)
    expect(await openAtOnce(() => caps.request(other(n++), NOW), 80)).toBe(LIMITS.perTenant)
  })

  it('leave other origins and other tenants alone', async () => {
    const caps = fresh()
    const tarpit = webhook('wh_1', 'https://tarpit.example.com/')
    for (let n = 0; n < LIMITS.perOrigin; n++) await caps.request(tarpit, NOW)
    expect(await caps.request(tarpit, NOW)).toBeUndefined()
    expect(await caps.request(webhook('wh_2', 'https://ok.example.com/'), NOW)).toBeDefined()
    for (let n = 0; n < 60; n++) await caps.request(webhook(`w${n}`, `https://a${n}.net/`), NOW)
    expect(await caps.request(webhook('wh_3', 'https://c.net/'), NOW)).toBeUndefined()
    const foreign = webhook('wh_4', 'https://d.net/', { tenant: 'acme' })
    expect(await caps.request(foreign, NOW)).toBeDefined()
  })

  it('are a webhook’s own where that is less', async () => {
    const caps = fresh()
    const narrow = webhook('wh_1', 'https://a.example.com/', { concurrency: 3 })
    expect(await openAtOnce(() => caps.request(narrow, NOW), 10)).toBe(3)
  })

  it('let a webhook with nothing open in at a full origin, also one of another tenant, but not at a full tenant', async () => {
    const caps = fresh()
    const busy = webhook('wh_1', 'https://hooks.example.com/1')
    for (let n = 0; n < LIMITS.perOrigin; n++) await caps.request(busy, NOW)
    const second = webhook('wh_2', 'https://hooks.example.com/2')
    const third = webhook('wh_3', 'https://hooks.example.com/3', { tenant: 'acme' })
    expect(await openAtOnce(() => caps.request(second, NOW), 5)).toBe(1)
    expect(await openAtOnce(() => caps.request(third, NOW), 5)).toBe(1)
    for (let n = 0; n < 60; n++) await caps.request(webhook(`w${n}`, `https://a${n}.net/`), NOW)
    expect(await caps.request(second, NOW)).toBeUndefined()
    expect(await caps.request(third, NOW)).toBeDefined()
  })

  it('shrink to 8 for a webhook that times out, for none beside it, and grow again with its answers', async () => {
    const caps = fresh()
    const slow = webhook('wh_1', 'https://hooks.example.com/1', { concurrency: 16 })
    const healthy = webhook('wh_2', 'https://hooks.example.com/2')
    for (let n = 0; n < 5; n++) caps.note(slow, 'timeout')
    expect(await openAtOnce(() => caps.request(slow, NOW), 30)).toBe(8)
    expect(await openAtOnce(() => caps.request(healthy, NOW), 30)).toBe(LIMITS.perOrigin)
    expect(caps.limitOf(slow)).toBe(8)
    caps.note(slow, 'http_5xx')
    expect(await openAtOnce(() => caps.request(slow, NOW), 30)).toBe(16)
    caps.note(healthy, 'http_4xx')
    expect(await openAtOnce(() => caps.request(healthy, NOW), 30)).toBe(LIMITS.perOrigin)
  })

  it('leave half of an origin and of a tenant to those that answer, however many time out', async () => {
    const caps = fresh()
    const hanging = Array.from({ length: 20 }, (_, n) =>
      webhook(`slow_${n}`, `https://hooks.example.com/${n}`),
    )
    for (const one of hanging) for (let n = 0; n < 3; n++) caps.note(one, 'connect_timeout')
    let open = 0
    for (let turn = 0; turn < 8; turn++)
      for (const one of hanging) if (await caps.request(one, NOW)) open += 1
    expect(open).toBe(hanging.length) // one each, beyond what they may have together
    const healthy = webhook('wh_1', 'https://other.example.com/')
    expect(await openAtOnce(() => caps.request(healthy, NOW), 60)).toBe(LIMITS.perOrigin)
    const many = Array.from({ length: 40 }, (_, n) => webhook(`far_${n}`, `https://h${n}.net/`))
    for (const one of many) for (let n = 0; n < 3; n++) caps.note(one, 'timeout')
    for (const one of many) if (await caps.request(one, NOW)) open += 1
    expect(open).toBe(LIMITS.perTenant / 2)
    expect(await openAtOnce(() => caps.request(healthy, NOW), 60)).toBe(LIMITS.perOrigin)
  })
})

describe('a pass that finds no room', () => {
  const narrow = webhook('wh_1', 'https://a.example.com/', { concurrency: 4 })

  it('waits for its place while its turn is likely to come soon', async () => {
    const caps = fresh()
    const first = await Promise.all(Array.from({ length: 8 }, () => caps.place(narrow, NOW)))
    const waiting = caps.pass(narrow, never)
    first[0]?.()
    expect(await waiting).toMatchObject({ kind: 'placed' })
  })

  it('is put off by how many wait before it and how fast they got through', async () => {
    const caps = fresh()
    await Promise.all(Array.from({ length: 8 }, () => caps.place(narrow, NOW)))
    // nothing is known yet: as if each of four at a time took its whole 15 s
    const giveUp = new AbortController()
    const waiting = [caps.pass(narrow, giveUp.signal), caps.pass(narrow, giveUp.signal)]
    const later = await Promise.all(Array.from({ length: 12 }, () => caps.pass(narrow, never)))
    const inMs = later.map((one) => (one.kind === 'later' ? one.inMs : 0))
    expect(inMs[0]).toBeGreaterThan(10_000)
    for (const [n, ms] of inMs.slice(1, 7).entries())
      expect(ms - (inMs[n] ?? 0)).toBeGreaterThan(3_500)
    expect(Math.max(...inMs)).toBeLessThanOrEqual(40_000)
    giveUp.abort()
    expect(await Promise.all(waiting)).toMatchObject([{ kind: 'later' }, { kind: 'later' }])
  })

  it('waits no more when the process is to stop', async () => {
    const stopping = new AbortController()
    const caps = fresh(stopping.signal)
    await Promise.all(Array.from({ length: 8 }, () => caps.place(narrow, NOW)))
    const waiting = caps.pass(narrow, never)
    stopping.abort()
    expect(await waiting).toMatchObject({ kind: 'later' })
  })

  it('of one tenant leaves room to wait to others', async () => {
    const caps = fresh()
    const far = (n: number, tenant: string) =>
      webhook(`${tenant}_${n}`, `https://h${n}.${tenant}.example.com/`, { tenant })
    for (let n = 0; n < 100; n++) await caps.place(far(n, 'a'), NOW)
    const giveUp = new AbortController()
    let putOff = 0
    const asked = Array.from({ length: 600 }, async (_, n) => {
      const { kind } = await caps.pass(far(n + 100, 'a'), giveUp.signal)
      if (kind === 'later' && !giveUp.signal.aborted) putOff += 1
    })
    await new Promise(setImmediate)
    expect(putOff).toBe(100)
    for (let n = 0; n < 100; n++) await caps.place(far(n, 'b'), NOW)
    const other = caps.pass(far(200, 'b'), giveUp.signal)
    await new Promise(setImmediate)
    expect(putOff).toBe(100)
    giveUp.abort()
    await Promise.all([...asked, other])
  })
})
