import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkType } from '../../src/catalogue/check-type.ts'
import { PreparedSchema, ThreadsBusy } from '../../src/catalogue/prepared-schema.ts'
import type { SchemaFault } from '../../src/catalogue/types.ts'
import { threads } from '../../src/threads/pool.ts'
import { repeatedBlockMs } from '../support/strangers/longest-block.ts'
import { SCHEMA_BOMBS } from '../support/strangers/schema-bombs.ts'

const BLOCK_MAX_MS = 100

/** On a busy machine no thread may come in time; then ingest answers 503. */
function refusedAsBusy(error: unknown): SchemaFault[] {
  if (error instanceof ThreadsBusy) return []
  throw error
}

describe('no schema blocks the event loop for more than 100 ms', () => {
  beforeAll(() => checkType({ schema: { $ref: '#' } }, 'warm'))
  let longest = { ms: 0, of: '' }
  afterAll(() => {
    console.info(`longest block: ${longest.ms.toFixed(1)} ms of schemas: ${longest.of}`)
    threads.close()
  })

  it.each(Object.entries(SCHEMA_BOMBS))('%s', async (name, { schema, data }) => {
    const text = JSON.stringify(data)
    expect(text.length).toBeLessThanOrEqual(262_144)
    const found: SchemaFault[][] = []
    const saveMs = await repeatedBlockMs(BLOCK_MAX_MS, async (nth) => {
      found.push(await checkType({ schema }, `${name}${nth}`))
    })
    expect(saveMs, 'to save it').toBeLessThanOrEqual(BLOCK_MAX_MS)
    const useMs = await repeatedBlockMs(BLOCK_MAX_MS, async (nth) => {
      const prepared = new PreparedSchema(schema)
      const checked = prepared.faultsOf(text, `${name}${nth}`, { leftMs: 100 })
      found.push(await checked.catch(refusedAsBusy))
    })
    expect(useMs, 'to check an event').toBeLessThanOrEqual(BLOCK_MAX_MS)
    if (Math.max(saveMs, useMs) > longest.ms) longest = { ms: Math.max(saveMs, useMs), of: name }
    for (const faults of found) expect(faults.length).toBeLessThanOrEqual(10)
  })

  it('one with more than 5,000 values is refused, and told what to change', async () => {
    const schema = { items: { allOf: Array.from({ length: 3_500 }, () => ({ type: 'null' })) } }
    expect(await checkType({ schema }, 'default')).toEqual([
      {
        pointer: '/schema',
        code: 'too_big',
        detail:
          'has 7003 values or more; at most 5000: leave out what need not be checked, or make several types',
      },
    ])
  })
})
