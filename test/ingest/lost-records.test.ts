import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { EventEnvelope } from '../../src/delivery/types.ts'
import { sha256 } from '../../src/ids.ts'
import { Ingest } from '../../src/ingest/ingest.ts'
import { type Herald, startHerald } from '../support/herald.ts'
import { type MongoWire, startMongoWire } from '../support/servers/mongo-wire.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'
import { testDatabaseUri } from '../support/servers/servers.ts'
import { until } from '../support/until.ts'

let wire: MongoWire
let herald: Herald
let receiver: Receiver
let offsetMs = 0
let status = 200
beforeAll(async () => {
  wire = await startMongoWire(testDatabaseUri('lost'))
  herald = await startHerald('lost', { MONGODB_URI: wire.url })
  receiver = await startReceiver(() => ({ status }))
  const target = { type: 'http', url: receiver.url }
  const retry = { type: 'fixed', interval: '1s', retries: 20 }
  await herald.webhook({ events: ['lost'], target, retry })
})
beforeEach(() => {
  offsetMs = 0
  status = 200
  wire.answer = () => undefined
})
afterAll(async () => {
  await herald.stop()
  await Promise.all([receiver.close(), wire.close()])
})

/** Another process' ingest, or this one's after a restart: it knows nothing yet. Its clock can be put forward. */
function newIngest(): Ingest {
  const { models, gateway } = herald.runtime
  const now = () => Date.now() + offsetMs
  return new Ingest({ models, workflows: gateway, groupMax: 500, maxWaiting: 2_000, now })
}

function event(id: string = randomUUID(), data = '1'): EventEnvelope {
  const receivedAt = new Date().toISOString()
  return { tenant: 'default', id, type: 'lost', receivedAt, data, hash: sha256(data) }
}
const soon = () => Date.now() + offsetMs + 3_000
const accept = async (ingest: Ingest, ...events: EventEnvelope[]) =>
  (await ingest.accept(events, soon())).map((one) => (one.conflict ? 'conflict' : one.duplicate))
const hits = (id: string) => receiver.hits.filter((hit) => hit.headers['webhook-id'] === id).length
const keyOf = ({ id }: EventEnvelope) => ({ _id: `default/${id}` })

/** Delivered, and its workflow over. */
async function over({ id }: EventEnvelope, times = 1): Promise<void> {
  await until(() => hits(id) === times, { what: `request ${times} of ${id}` })
  await until(async () => {
    const stored = await herald.runtime.models.events.findById(`default/${id}`).lean().exec()
    if (!stored?.delivered) return false
    const { status: state } = await herald.client.workflow.getHandle(stored.workflow).describe()
    return state.name !== 'RUNNING'
  })
}

/** As after a backup was restored that knows nothing of it. */
async function loseRecords(...events: EventEnvelope[]): Promise<void> {
  const { models } = herald.runtime
  const ids = events.map(({ id }) => id)
  await models.events.deleteMany({ id: { $in: ids } })
  await models.deliveries.deleteMany({ event: { $in: ids } })
  await models.attempts.deleteMany({ event: { $in: ids } })
}

async function runs(id: string): Promise<string[]> {
  const found: string[] = []
  const query = `WorkflowId = 'event/default/${id}'`
  for await (const one of herald.client.workflow.list({ query })) found.push(one.status.name)
  return found
}

describe('an event whose record MongoDB lost', () => {
  it('is delivered again when it is posted again, and told to be new', async () => {
    const lost = event()
    expect(await accept(newIngest(), lost)).toEqual([false])
    await over(lost)
    await loseRecords(lost)
    expect(await accept(newIngest(), lost)).toEqual([false])
    await over(lost, 2)
    expect(await herald.runtime.models.events.exists(keyOf(lost))).not.toBeNull()
    expect(await accept(newIngest(), lost)).toEqual([true])
  })

  it('is delivered again also by the process that accepted it, 10 s later', async () => {
    const ingest = newIngest()
    const lost = event()
    await accept(ingest, lost)
    await over(lost)
    await loseRecords(lost)
    expect(await accept(ingest, lost)).toEqual([true])
    offsetMs += 11_000
    expect(await accept(ingest, lost, event(lost.id))).toEqual([false, true])
    await over(lost, 2)
    expect(await accept(ingest, lost)).toEqual([true])
    offsetMs += 11_000
    expect(await accept(ingest, lost)).toEqual([true])
    expect(hits(lost.id)).toBe(2)
  })

  it('is delivered again though it shared a workflow', async () => {
    const ingest = newIngest()
    const group = [event(), event(), event()]
    const [first, second, third] = group as [EventEnvelope, EventEnvelope, EventEnvelope]
    await accept(ingest, ...group)
    for (const one of group) await over(one)
    await loseRecords(first, second)
    offsetMs += 11_000
    expect(await accept(ingest, ...group)).toEqual([false, false, true])
    await over(first, 2)
    await over(second, 2)
    expect(hits(third.id)).toBe(1)
  })

  it('is still refused under other bytes', async () => {
    const ingest = newIngest()
    const lost = event()
    await accept(ingest, lost)
    await over(lost)
    await loseRecords(lost)
    offsetMs += 11_000
    for (const one of [ingest, newIngest()])
      expect(await accept(one, event(lost.id, '2'))).toEqual(['conflict'])
    expect(await runs(lost.id)).toHaveLength(1)
  })

  it('posted by many at once to two processes is started once', async () => {
    const lost = event()
    const ingests = [newIngest(), newIngest()]
    await accept(newIngest(), lost)
    await over(lost)
    await loseRecords(lost)
    const posts = Array.from({ length: 20 }, (_, n) => accept(ingests[n % 2] as Ingest, lost))
    const answers = (await Promise.all(posts)).flat()
    expect(answers.filter((duplicate) => duplicate === false)).toHaveLength(1)
    await over(lost, 2)
    await until(async () => (await runs(lost.id)).length === 2)
    expect(hits(lost.id)).toBe(2)
  })
})

describe('an event whose workflow still runs', () => {
  it.each([1, 2])(
    'is a duplicate though MongoDB has no record of it (posted with %i)',
    async (size) => {
      status = 500
      const ingest = newIngest()
      const group = Array.from({ length: size }, () => event())
      await accept(ingest, ...group)
      await until(() => group.every(({ id }) => hits(id) > 0))
      await herald.runtime.models.events.deleteMany({ id: { $in: group.map(({ id }) => id) } })
      offsetMs += 11_000
      const answers = group.map(() => true)
      expect(await accept(ingest, ...group)).toEqual(answers)
      if (size === 1) expect(await accept(newIngest(), ...group)).toEqual(answers)
      for (const { id } of group) expect(await runs(id)).toHaveLength(size === 1 ? 1 : 0)
      status = 200
    },
  )
})

describe('a duplicate', () => {
  it('is told without asking a MongoDB that does not answer', async () => {
    const ingest = newIngest()
    const known = event()
    await accept(ingest, known)
    await over(known)
    offsetMs += 11_000
    wire.answer = ({ name, collection }) =>
      name === 'find' && collection === 'events' ? 'silence' : undefined
    const begunAt = performance.now()
    expect(await accept(ingest, known)).toEqual([true])
    expect(performance.now() - begunAt).toBeLessThan(1_500)
    expect(await runs(known.id)).toHaveLength(1)
  })

  it('costs one look into MongoDB for all of a request, and none for 10 s after that', async () => {
    const ingest = newIngest()
    const events = Array.from({ length: 50 }, () => event())
    const looks = async (work: () => Promise<unknown>) => {
      const ids = new Set(events.map((one) => keyOf(one)._id))
      const isLook = (command: (typeof wire.commands)[number]) =>
        command.name === 'find' &&
        command.collection === 'events' &&
        'hash' in ((command.fields['projection'] as object | undefined) ?? {}) &&
        [...ids].some((id) => JSON.stringify(command.fields['filter']).includes(id))
      const before = wire.commands.filter(isLook).length
      await work()
      return wire.commands.filter(isLook).length - before
    }
    expect(await looks(() => accept(ingest, ...events))).toBe(1)
    for (const one of events) await over(one)
    expect(await looks(() => accept(ingest, ...events))).toBe(0)
    offsetMs += 11_000
    expect(await looks(() => accept(ingest, ...events))).toBe(1)
    expect(await looks(() => accept(ingest, ...events))).toBe(0)
  })
})
