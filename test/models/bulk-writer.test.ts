import { setImmediate } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BulkWriter, type Urgency } from '../../src/models/bulk-writer.ts'
import type { Models } from '../../src/models/connect.ts'
import { ownModels, owedRow, rowOf } from '../support/rows.ts'

let models: Models
beforeAll(async () => {
  models = await ownModels('bulk')
})
afterAll(() => models.connection.close())

describe('a group of writes', () => {
  it('costs nobody else anything where one of them cannot be written', async () => {
    const writer = new BulkWriter(models.deliveries)
    const ids = Array.from({ length: 50 }, (_, index) => `b${index}`)
    await Promise.all(ids.map((id) => owedRow(models, id)))
    const poison = { _bsontype: 'x' } as unknown as string
    const writes = ids.map((id, index) =>
      writer.write({
        updateOne: {
          filter: { _id: id },
          update: { $set: { subject: index === 17 ? poison : 'written' } },
        },
      }),
    )
    const ends = await Promise.allSettled(writes)
    expect(ends.filter((end) => end.status === 'rejected')).toHaveLength(1)
    expect(ends[17]?.status).toBe('rejected')
    const subjects = await Promise.all(ids.map(async (id) => (await rowOf(models, id)).subject))
    expect(subjects.filter((subject) => subject === 'written')).toHaveLength(49)
  })

  it('is told as unclear, not as applied, where one of them found nothing', async () => {
    const writer = new BulkWriter(models.deliveries)
    await owedRow(models, 'there')
    const change = (id: string) =>
      writer.write({ updateOne: { filter: { _id: id }, update: { $set: { subject: 's' } } } })
    expect(await Promise.all([change('there'), change('nowhere')])).toEqual(['unclear', 'unclear'])
    expect(await change('there')).toBe('applied')
  })

  it('that is urgent goes before all that waits', async () => {
    const writer = new BulkWriter(models.deliveries)
    await owedRow(models, 'waiting')
    const order: string[] = []
    const change = (subject: string, urgency: Urgency) =>
      writer
        .write(
          { updateOne: { filter: { _id: 'waiting' }, update: { $set: { subject } } } },
          urgency,
        )
        .then(() => order.push(subject))
    const claims = Array.from({ length: 20 }, (_, n) => change(`claim ${n}`, 'later'))
    await Promise.all([...claims, change('result', 'soon')])
    expect(order[0]).toBe('result')
  })

  it('that is urgent leaves at once, though MongoDB has not answered the group before it', async () => {
    const writer = new BulkWriter(models.deliveries)
    await Promise.all(['slow', 'urgent'].map((id) => owedRow(models, id)))
    const { collection } = models.deliveries
    const bulkWrite = collection.bulkWrite.bind(collection)
    let answer = () => {}
    const isHeldUp = new Promise<void>((resolve) => (answer = resolve))
    collection.bulkWrite = async (...args: Parameters<typeof bulkWrite>) => {
      Reflect.deleteProperty(collection, 'bulkWrite') // the first one only
      await isHeldUp
      return await bulkWrite(...args)
    }
    const change = (id: string, urgency: Urgency) =>
      writer.write(
        { updateOne: { filter: { _id: id }, update: { $set: { subject: id } } } },
        urgency,
      )
    const claim = change('slow', 'later')
    await setImmediate()
    expect(await change('urgent', 'soon')).toBe('applied')
    expect((await rowOf(models, 'slow')).subject).toBeUndefined()
    answer()
    expect(await claim).toBe('applied')
  })
})
