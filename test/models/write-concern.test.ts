import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defineModels, openModels } from '../../src/models/connect.ts'
import { type Herald, startHerald } from '../support/herald.ts'
import { type MongoWire, startMongoWire } from '../support/servers/mongo-wire.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'
import { testDatabaseUri } from '../support/servers/servers.ts'
import { until } from '../support/until.ts'

const WRITES = [
  'insert',
  'update',
  'delete',
  'findAndModify',
  'create',
  'createIndexes',
  'bulkWrite',
]

async function connected(options: string) {
  const models = defineModels()
  const uri = new URL(testDatabaseUri('concern'))
  uri.search = `?directConnection=true&${options}`
  await openModels(models, uri.href)
  const { writeConcern, readPreference } = models.connection.getClient().options
  await models.connection.close()
  return { w: writeConcern?.w, journal: writeConcern?.journal, reads: readPreference.mode }
}

describe('a connection to MongoDB', () => {
  it.each([
    '',
    'w=1',
    'w=0',
    'w=0&journal=false',
    'journal=false',
    'j=false',
    'fsync=false',
    'w=2&wtimeoutMS=500',
    'readPreference=secondaryPreferred',
  ])(
    'writes to a majority and its journal, and reads the primary, whatever its URI says: %s',
    async (said) => {
      expect(await connected(said)).toEqual({ w: 'majority', journal: true, reads: 'primary' })
    },
  )
})

describe('herald at work', () => {
  let wire: MongoWire
  let herald: Herald
  let receiver: Receiver
  beforeAll(async () => {
    const uri = new URL(testDatabaseUri('concern_work'))
    uri.search = '?w=1&journal=false'
    wire = await startMongoWire(uri.href)
    herald = await startHerald('concern_work', { MONGODB_URI: wire.url })
    receiver = await startReceiver()
  })
  afterAll(async () => {
    await herald.stop()
    await Promise.all([receiver.close(), wire.close()])
  })

  it('makes no write without a majority and its journal', async () => {
    const target = { type: 'http', url: receiver.url }
    const free = await herald.webhook({ events: ['free'], target })
    const limited = { limit: 100, per: '1s' }
    const lane = await herald.webhook({ events: ['lane'], target, rateLimit: limited })
    await herald.event({ type: 'free', id: 'free' })
    await herald.event({ type: 'lane', id: 'lane' })
    await herald.reached(free.id, 'delivered')
    await herald.reached(lane.id, 'delivered')
    await herald.call('POST', `/v1/webhooks/${free.id}/pause`)
    await herald.call('POST', `/v1/webhooks/${free.id}/rotate-secret`)
    await herald.call('DELETE', `/v1/webhooks/${lane.id}`, undefined, { 'if-match': '*' })
    const writes = () => wire.commands.filter(({ name }) => WRITES.includes(name))
    const collections = () => new Set(writes().map(({ collection }) => collection))
    const expected = ['webhooks', 'events', 'deliveries', 'attempts', 'limiters', 'audit']
    await until(() =>
      expected.every((name) => [...collections()].some((one) => one.includes(name))),
    )
    const concern = { w: 'majority', j: true }
    const weak = writes().filter(
      ({ fields }) => JSON.stringify(fields['writeConcern']) !== JSON.stringify(concern),
    )
    expect(
      weak.map(({ name, collection, fields }) => [name, collection, fields['writeConcern']]),
    ).toEqual([])
  })
})
