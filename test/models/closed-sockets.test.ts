import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { defineModels, type Models, openModels } from '../../src/models/connect.ts'
import { insertDocuments } from '../../src/models/insert.ts'
import { isUnavailable } from '../../src/models/patience.ts'
import { type MongoServer, mongoServer } from '../api/mongo-server.ts'

let mongo: MongoServer
let models: Models
const sockets = new Set<Socket>()
const noted = (message: unknown) => void sockets.add((message as { socket: Socket }).socket)

beforeAll(async () => {
  mongo = await mongoServer()
})
afterAll(() => mongo.stop())
beforeEach(async () => {
  subscribe('net.client.socket', noted)
  models = defineModels()
  await openModels(models, mongo.url)
  await models.attempts.findOne().exec()
})
afterEach(async () => {
  unsubscribe('net.client.socket', noted)
  sockets.clear()
  await models.connection.close(true)
})

/** What becomes of an operation that is begun while its connection is closing: within this turn of the event loop. */
async function whileClosing(operation: () => Promise<unknown>): Promise<unknown> {
  for (const socket of sockets) socket.destroy()
  const ended = operation().then(
    () => 'answered',
    (error: unknown) => error,
  )
  return await Promise.race([ended, sleep(5_000, 'it hangs')])
}

const attempt = (id: string) => ({ _id: id, tenant: 't', delivery: 'd', number: 1 }) as never

describe('an operation that is begun while its connection is closing', () => {
  it.each([
    ['find', () => models.attempts.find({ delivery: 'd' }).lean().exec()],
    ['insert', () => insertDocuments(models.attempts, [attempt('a')])],
    [
      'write',
      () =>
        models.attempts.bulkWrite([{ updateOne: { filter: { _id: 'a' }, update: { number: 2 } } }]),
    ],
  ])('(%s) is answered, or fails as one that may be made again', async (_name, operation) => {
    const ended = await whileClosing(operation)
    expect(ended === 'answered' || isUnavailable(ended), String(ended)).toBe(true)
  })

  it('that is larger than a socket buffers fails as well', async () => {
    const large = Array.from({ length: 200 }, (_, n) => ({
      ...(attempt(`large ${n}`) as object),
      detail: 'x'.repeat(10_000),
    }))
    const ended = await whileClosing(() => insertDocuments(models.attempts, large as never[]))
    expect(ended === 'answered' || isUnavailable(ended), String(ended)).toBe(true)
  })
})
