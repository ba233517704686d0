import { createHmac, randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Hit, type Receiver, startReceiver } from '../../../dev/demo/receiver.ts'

const secret = `whsec_${randomBytes(32).toString('base64')}`
let receiver: Receiver
let told: Hit[]
beforeEach(async () => {
  told = []
  receiver = await startReceiver(0, (hit) => told.push(hit))
  receiver.useSecret('/demo', secret)
})
afterEach(() => receiver.stop())

function signed(id: string, body: string, { ageS = 0, key = secret } = {}) {
  const timestamp = String(Math.floor(Date.now() / 1_000) - ageS)
  const hmac = createHmac('sha256', Buffer.from(key.slice(6), 'base64'))
  const signature = hmac.update(`${id}.${timestamp}.${body}`).digest('base64')
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,AAAA v1,${signature}`,
    'herald-event-type': 'a.b',
    'herald-attempt': '2',
  }
}

async function post(path: string, headers: Record<string, string>, body = '{}') {
  return (await fetch(`${receiver.url}${path}`, { method: 'POST', headers, body })).status
}

describe('the built-in receiver', () => {
  it('verifies a Standard Webhooks signature, also among several', async () => {
    expect(await post('/demo', signed('evt_1', '{}'))).toBe(200)
    expect(told).toMatchObject([{ id: 'evt_1', type: 'a.b', attempt: 2, verified: true }])
  })

  it.each([
    ['other bytes', signed('evt_1', '{"x":1}')],
    ['another secret', signed('evt_1', '{}', { key: `whsec_${'A'.repeat(43)}=` })],
    ['an old timestamp', signed('evt_1', '{}', { ageS: 600 })],
    ['no signature', {}],
  ])('does not call %s verified', async (_, headers) => {
    await post('/demo', headers)
    expect(told).toMatchObject([{ verified: false }])
  })

  it('says nothing about a path that it has no secret for', async () => {
    await post('/other', signed('evt_1', '{}'))
    expect(told).toMatchObject([{ verified: null }])
  })

  it('fails the first requests of each webhook-id when told to', async () => {
    const statuses = []
    for (const id of ['a', 'a', 'b', 'a'])
      statuses.push(await post('/demo?status=503&times=2', signed(id, '{}')))
    expect(statuses).toEqual([503, 503, 503, 200])
  })

  it('is gone when told to, and late when told to', async () => {
    expect(await post('/demo?gone', {})).toBe(410)
    const startedAt = performance.now()
    await post('/demo?delay=200ms', {})
    expect(performance.now() - startedAt).toBeGreaterThan(190)
  })

  it('lists the latest 100 requests', async () => {
    for (let i = 0; i < 101; i++) await post('/demo', signed(`evt_${i}`, '{}'))
    const list = (await (await fetch(receiver.url)).json()) as Hit[]
    expect(list.length).toBe(100)
    expect(list.at(-1)).toMatchObject({ id: 'evt_100', verified: true, body: '{}' })
  })

  it('says so where its port is taken', async () => {
    await expect(startReceiver(receiver.port, () => undefined)).rejects.toThrow('can not listen')
  })
})
