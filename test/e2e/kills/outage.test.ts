import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { type Herald, startHerald } from '../../support/herald.ts'
import { type Receiver, startReceiver } from '../../support/receiver.ts'
import { testDatabaseUri } from '../../support/servers/servers.ts'
import { startTcpProxy, type TcpProxy } from '../../support/servers/tcp-proxy.ts'
import { until } from '../../support/until.ts'

/** The promise is 60 s; every push checks a part of it, HERALD_TEST_LONG=1 (nightly) the whole. */
const OUTAGE_S = process.env['HERALD_TEST_LONG'] ? 60 : 12

let herald: Herald
let receiver: Receiver
let mongo: TcpProxy
let temporal: TcpProxy

beforeAll(async () => {
  const uri = new URL(testDatabaseUri('outage'))
  mongo = await startTcpProxy(uri.host)
  uri.host = mongo.address
  temporal = await startTcpProxy(inject('temporalAddress'))
  herald = await startHerald('outage', {
    MONGODB_URI: uri.href,
    TEMPORAL_ADDRESS: temporal.address,
  })
  receiver = await startReceiver()
  await herald.webhook({ events: ['out.*'], target: { type: 'http', url: receiver.url } })
})
afterAll(async () => {
  await herald.stop()
  await Promise.all([receiver.close(), mongo.close(), temporal.close()])
})

const arrived = () => new Set(receiver.hits.map((hit) => String(hit.headers['webhook-id'])))

/** 20 events a second; resolves to the ids and the answers' statuses. */
async function feed(prefix: string, seconds: number) {
  const posts: Promise<number>[] = []
  const ids: string[] = []
  for (let n = 0; n < seconds * 20; n++) {
    ids.push(`${prefix}-${n}`)
    posts.push(
      herald
        .call('POST', '/v1/events', { id: `${prefix}-${n}`, type: 'out.x', data: n })
        .then((answer) => answer.status),
    )
    await sleep(50)
  }
  return { ids, statuses: await Promise.all(posts) }
}

describe('MongoDB away', () => {
  it.each(['cut', 'freeze'] as const)(
    `for ${OUTAGE_S} s (%s): none of 20 events a second is refused, and all are delivered when it is back`,
    async (how) => {
      await herald.event({ type: 'out.x' }) // the key is known from now on
      mongo[how]()
      const { ids, statuses } = await feed(how, OUTAGE_S)
      expect(statuses.filter((status) => status !== 202)).toEqual([])
      expect(ids.some((id) => arrived().has(id))).toBe(false)
      mongo.mend()
      await until(() => ids.every((id) => arrived().has(id)), { seconds: 90, what: 'all events' })
      const hits = receiver.hits.filter((hit) => ids.includes(String(hit.headers['webhook-id'])))
      expect(hits).toHaveLength(ids.length)
    },
    240_000,
  )
})

describe('Temporal away', () => {
  it.each(['cut', 'freeze'] as const)(
    '%s: every request is answered 503 with Retry-After in 4 s, none hangs, and it recovers by itself',
    async (how) => {
      temporal[how]()
      const started = Date.now()
      const answers = await Promise.all(
        Array.from({ length: 30 }, async (_, n) => {
          const answer = await herald.call('POST', '/v1/events', {
            id: `${how}-t-${n}`,
            type: 'out.x',
            data: n,
          })
          return {
            status: answer.status,
            retryAfter: answer.headers.get('retry-after'),
            afterMs: Date.now() - started,
          }
        }),
      )
      expect(answers.filter((answer) => answer.status !== 503)).toEqual([])
      expect(answers.every((answer) => Number(answer.retryAfter) > 0)).toBe(true)
      expect(Math.max(...answers.map((answer) => answer.afterMs))).toBeLessThan(4_000)
      temporal.mend()
      await until(
        async () => {
          const body = { id: `${how}-t-0`, type: 'out.x', data: 0 }
          return (await herald.call('POST', '/v1/events', body)).status === 202
        },
        { seconds: 60, what: 'a 202' },
      )
      await until(() => arrived().has(`${how}-t-0`), { seconds: 60 })
    },
    120_000,
  )
})
