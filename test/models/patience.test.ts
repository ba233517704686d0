import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { BulkWriter } from '../../src/models/bulk-writer.ts'
import { defineModels, type Models, openModels } from '../../src/models/connect.ts'
import { isUnavailable, patiently } from '../../src/models/patience.ts'
import { type MongoWire, startMongoWire, type WireAnswer } from '../support/servers/mongo-wire.ts'
import { testDatabaseUri } from '../support/servers/servers.ts'

/** Server error codes of a node that is going, coming, or not the primary; https://www.mongodb.com/docs/manual/reference/error-codes/. */
const AWAY = [
  6, 7, 43, 64, 89, 91, 133, 134, 189, 262, 9001, 10058, 10107, 11600, 11602, 13435, 13436, 14031,
]
const STEP_DOWN = [189, 10107, 11602]
const WRONG = [2, 9, 11, 13, 18, 26, 31, 50, 66, 121, 11000, 17280]
const failure = (code: number) => ({ ok: 0, code, errmsg: 'said by the test' })

let wire: MongoWire
let models: Models
beforeAll(async () => {
  wire = await startMongoWire(testDatabaseUri('patience'))
  models = defineModels()
  await openModels(models, wire.url)
})
beforeEach(() => {
  wire.answer = () => undefined
})
afterAll(async () => {
  await models.connection.close()
  await wire.close()
})

/** What an operation throws while this is the answer to its command; the server's own answers end the retries. */
async function thrown(answer: WireAnswer, operation: () => Promise<unknown>): Promise<unknown> {
  wire.answer = () => answer
  return operation().then(
    () => undefined,
    (error: unknown) => error,
  )
}

const read = () => models.events.findOne({ _id: 'a/b' }).lean().exec()
const write = () => models.events.updateOne({ _id: 'a/b' }, { $set: { delivered: true } }).exec()
const documents = ['a', 'b'].map((_id) => ({ _id, tenant: 't', event: 'e', key: 'k' }))
const insertMany = () =>
  models.deliveries.insertMany(documents as never, { ordered: false, lean: true })
const bulkWrite = () =>
  models.deliveries.collection.bulkWrite(
    [{ updateOne: { filter: { _id: 'a' as never }, update: { $set: { event: 'e' } } } }],
    { ordered: false },
  )
const WRITES = { write, insertMany, bulkWrite }
const OPERATIONS = { read, ...WRITES }
const isBulk = (name: string) => name.endsWith('Many') || name.startsWith('bulk')

describe.each(Object.entries(OPERATIONS))('%s', (name, operation) => {
  it.each(isBulk(name) ? STEP_DOWN : AWAY)('refused with %i may succeed later', async (code) => {
    expect(isUnavailable(await thrown(failure(code), operation))).toBe(true)
  })

  it.each(WRONG)('refused with %i is wrong whoever asks', async (code) => {
    const error = await thrown(failure(code), operation)
    expect(error).toBeInstanceOf(Error)
    expect(isUnavailable(error)).toBe(false)
  })

  it('whose connection broke may succeed later', async () => {
    expect(isUnavailable(await thrown('close', operation))).toBe(true)
  })
})

describe.each(Object.entries(WRITES))('%s', (_name, operation) => {
  it.each([...STEP_DOWN, 64])('whose majority fails with %i may succeed later', async (code) => {
    const writeConcernError = { code, errmsg: 'said by the test' }
    expect(isUnavailable(await thrown({ ok: 1, n: 1, writeConcernError }, operation))).toBe(true)
  })
})

describe('a bulk write', () => {
  it('of which some was there before and some came into a step-down may succeed later', async () => {
    const writeErrors = [11_000, 11_602].map((code, index) => ({ index, code, errmsg: 'said' }))
    const error = await thrown({ ok: 1, n: 0, writeErrors }, insertMany)
    expect(isUnavailable(error)).toBe(true)
  })

  it('of which all was there before is wrong whoever asks', async () => {
    const writeErrors = [0, 1].map((index) => ({ index, code: 11_000, errmsg: 'said' }))
    expect(isUnavailable(await thrown({ ok: 1, n: 0, writeErrors }, insertMany))).toBe(false)
  })

  it('that the driver itself finds wrong is wrong whoever asks', async () => {
    const tooLarge = { _id: 'large', text: 'x'.repeat(17_000_000) }
    const insert = () => models.deliveries.collection.insertMany([tooLarge as never])
    expect(isUnavailable(await thrown(failure(10_107), insert))).toBe(false)
  })
})

describe('an error', () => {
  it('with a label of the server, or the cause of another, is known as well', async () => {
    const labelled = await thrown({ ...failure(1), errorLabels: ['RetryableWriteError'] }, write)
    expect(isUnavailable(labelled)).toBe(true)
    const inner = await thrown(failure(189), read)
    expect(
      isUnavailable(new Error('outer', { cause: new Error('between', { cause: inner }) })),
    ).toBe(true)
    const circle = new Error('circle')
    circle.cause = circle
    expect(isUnavailable(circle)).toBe(false)
    expect([undefined, null, 'text', 7, {}].some(isUnavailable)).toBe(false)
  })

  it('of a connection that is not open yet, or was closed, is known', async () => {
    const own = defineModels()
    const opening = openModels(own, wire.url)
    const early = await own.events
      .findOne({})
      .exec()
      .catch((error: unknown) => error)
    expect(isUnavailable(early)).toBe(true)
    await opening
    await own.connection.close()
    const late = await own.events
      .findOne({})
      .exec()
      .catch((error: unknown) => error)
    expect(isUnavailable(late)).toBe(true)
  })
})

describe('patience', () => {
  it('outlasts a step-down in the middle of a group of writes, and each caller hears its own', async () => {
    const writer = new BulkWriter(models.deliveries)
    let left = 5
    wire.answer = ({ name }) => {
      if (name !== 'update' || left === 0) return undefined
      left -= 1
      return left % 2 ? failure(10_107) : 'close'
    }
    const ids = ['p1', 'p2', 'p3']
    const upsert = (_id: string) => ({
      updateOne: { filter: { _id }, update: { $set: { event: 'e' } }, upsert: true },
    })
    await Promise.all(ids.map((id) => writer.write(upsert(id) as never)))
    expect(left).toBe(0)
    expect(await models.deliveries.countDocuments({ _id: { $in: ids } })).toBe(3)
  })

  it('ends with the connection', async () => {
    const own = defineModels()
    await openModels(own, wire.url)
    await own.connection.close()
    await expect(patiently(() => own.events.findOne({}).exec())).rejects.toThrow()
  })
})
