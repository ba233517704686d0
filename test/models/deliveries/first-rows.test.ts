import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Models } from '../../../src/models/connect.ts'
import type { DeliveryDocument } from '../../../src/models/deliveries/document.ts'
import { FirstRows } from '../../../src/models/deliveries/first-rows.ts'
import { Records } from '../../../src/models/deliveries/records.ts'
import { holdNextCommand } from '../../support/held-command.ts'
import { ownModels, owedRow } from '../../support/rows.ts'

let models: Models
beforeAll(async () => {
  models = await ownModels('first_rows')
})
afterAll(() => models.connection.close())

describe('rows that are stored with their first attempt', () => {
  it('are stored, though one that shares their write cannot be', async () => {
    const { _id: _own, ...like } = await owedRow(models, 'like')
    const firstRows = new FirstRows(models, new Records(models))
    // a name that makes the whole command one that the driver cannot write
    const poison = { headers: { _bsontype: 'x' } } as unknown as Record<string, string>
    const rows = Array.from({ length: 7 }, (_, n): DeliveryDocument => {
      const row = { ...like, _id: `row-${n}` }
      return n === 3 ? { ...row, formatHeaders: poison } : row
    })
    const stored = await Promise.allSettled(rows.map((row) => firstRows.insert(() => row)))
    expect(stored.map(({ status }) => status)).toEqual([
      ...Array.from({ length: 3 }, () => 'fulfilled'),
      'rejected',
      ...Array.from({ length: 3 }, () => 'fulfilled'),
    ])
    expect(await models.deliveries.countDocuments({ _id: /^row-/ })).toBe(6)
  })

  it('are told to be there where somebody else was quicker', async () => {
    const row = await owedRow(models, 'there')
    const firstRows = new FirstRows(models, new Records(models))
    expect(await firstRows.insert(() => row)).toBe('there')
  })

  it('leave at once, though MongoDB has not answered the group before them', async () => {
    const row = await owedRow(models, 'like-these')
    const { held, release } = holdNextCommand(models)
    const firstRows = new FirstRows(models, new Records(models))
    const slow = firstRows.insert(() => ({ ...row, _id: 'slow' }))
    await held
    expect(await firstRows.insert(() => ({ ...row, _id: 'quick' }))).toBe('stored')
    expect(await models.deliveries.findById('slow')).toBeNull()
    release()
    expect(await slow).toBe('stored')
  })
})
