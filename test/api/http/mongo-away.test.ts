import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type MongoWire,
  startMongoWire,
  type WireAnswer,
} from '../../support/servers/mongo-wire.ts'
import { type MongoServer, mongoServer } from '../mongo-server.ts'
import { addWebhook, type Api, startApi } from '../support.ts'

const STEP_DOWN = [91, 189, 10107, 11600, 11602, 13435, 13436]
const failure = (code: number) => ({ ok: 0, code, errmsg: 'said by the test' })
const event = (id: string) => ({ id, type: 'a.b', data: { n: 1 } })

let server: MongoServer
let wire: MongoWire
let api: Api
beforeAll(async () => {
  server = await mongoServer()
  wire = await startMongoWire(server.url)
  api = await startApi({ server: { url: wire.url, stop: async () => undefined } })
  await addWebhook(api.models, { _id: 'wh-1' })
  // keys are remembered for a while, whatever MongoDB answers
  for (const key of Object.values(api.keys)) await api.call('GET', '/v1/webhooks', { key })
})
beforeEach(() => {
  wire.answer = () => undefined
})
afterAll(async () => {
  wire.answer = () => undefined
  await api.stop()
  await wire.close()
  await server.stop()
})

/** From now on this is the answer to every command on these collections. */
function answer(collections: string[], what: WireAnswer): void {
  wire.answer = ({ collection }) => (collections.includes(collection) ? what : undefined)
}

describe('while MongoDB steps down', () => {
  it.each(STEP_DOWN)('(%i) what reads or writes it is 503, to be tried again', async (code) => {
    answer(['webhooks', 'deliveries'], failure(code))
    const gone = { code: 'database_unavailable' }
    const read = await api.call('GET', '/v1/deliveries')
    expect([read.status, read.json]).toMatchObject([503, gone])
    expect(read.headers.get('retry-after')).toBe('2')
    const written = await api.call('POST', '/v1/webhooks/wh-1/pause')
    expect([written.status, written.json]).toMatchObject([503, gone])
  })

  it('a fault that waiting does not mend is still 500', async () => {
    answer(['deliveries'], failure(2))
    expect((await api.call('GET', '/v1/deliveries')).status).toBe(500)
  })
})

describe('an accepted event whose sender waits for the first attempts', () => {
  const post = async (id: string) => {
    const begunAt = performance.now()
    const headers = { prefer: 'wait=1' }
    const { status } = await api.call('POST', '/v1/events', { headers, body: event(id) })
    return { status, tookMs: performance.now() - begunAt }
  }

  it.each<[string, WireAnswer]>([
    ...STEP_DOWN.map((code): [string, WireAnswer] => [`steps down (${code})`, failure(code)]),
    ['breaks its connections', 'close'],
    ['has a fault of its own', failure(2)],
    ['never answers', 'silence'],
  ])('is 202 in time where MongoDB %s', async (what, said) => {
    answer(['events', 'deliveries'], said)
    const { status, tookMs } = await post(`wait-${what.replaceAll(/\W/g, '-')}`)
    expect(status).toBe(202)
    expect(tookMs).toBeLessThan(2_500)
  })

  it('is 202 where a row of it cannot be shown', async () => {
    const _id = 'default/odd'
    const at = new Date()
    const row = { tenant: 'default', event: 'odd', state: 'delivered', createdAt: 'never' }
    await api.models.events.collection.insertOne({
      _id,
      webhooks: ['wh-1'],
      receivedAt: at,
    } as never)
    await api.models.deliveries.collection.insertOne({ _id: 'dlv_odd', ...row } as never)
    expect((await post('odd')).status).toBe(202)
  })
})

describe('a test event', () => {
  const test = async () => {
    const before = api.ingest.accepted.length
    const headers = { prefer: 'wait=1' }
    const body = { type: 'a.b', data: {} }
    const { status } = await api.call('POST', '/v1/webhooks/wh-1/test', { headers, body })
    return { status, accepted: api.ingest.accepted.length - before }
  }

  it('that is accepted is 202, whatever MongoDB says of what became of it', async () => {
    answer(['events', 'deliveries', 'attempts'], failure(10_107))
    expect(await test()).toEqual({ status: 202, accepted: 1 })
  })

  it('that cannot be written into the audit log is 503 and not accepted', async () => {
    answer([api.models.audit.collection.collectionName], failure(10_107))
    expect(await test()).toEqual({ status: 503, accepted: 0 })
  })
})
