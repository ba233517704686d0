import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EventEnvelope } from '../../src/delivery/types.ts'
import { FILTER_MAX } from '../../src/filter/compile.ts'
import { judge, type Verdict } from '../../src/filter/verdict.ts'
import { threads } from '../../src/threads/pool.ts'
import { repeatedBlockMs } from '../support/strangers/longest-block.ts'
import { FILTER_BOMBS, LARGE_DATA } from '../support/strangers/filter-bombs.ts'

const BLOCK_MAX_MS = 100

/** Each of a tenant of its own, so that none is spared because others were slow. */
const event = (id: string, data: unknown, tenant = id): EventEnvelope => ({
  tenant,
  id,
  type: 'bomb',
  receivedAt: '2026-01-01T00:00:00.000Z',
  data: typeof data === 'string' ? data : JSON.stringify(data),
  hash: id,
})
const asked = (filter: string, one: EventEnvelope) =>
  judge({ events: ['*'], state: 'active', filter }, one)

describe('no filter blocks the event loop for more than 100 ms, or goes without a verdict', () => {
  beforeAll(() => asked('data.exists(x, true)', event('warm', [])))
  let longest = { ms: 0, of: '' }
  afterAll(() => {
    console.info(`longest block: ${longest.ms.toFixed(1)} ms of filters: ${longest.of}`)
    threads.close()
  })

  it.each(Object.keys(LARGE_DATA))('every function and operator, on %s', async (name) => {
    const data = JSON.stringify(LARGE_DATA[name])
    expect(data.length).toBeLessThanOrEqual(262_144)
    for (const filter of FILTER_BOMBS) {
      expect(filter.length).toBeLessThanOrEqual(FILTER_MAX)
      let verdict: Verdict | undefined
      const blockMs = await repeatedBlockMs(BLOCK_MAX_MS, async (nth) => {
        verdict = await asked(filter, event(`${name}-${filter}-${nth}`, data))
      })
      if (blockMs > longest.ms) longest = { ms: blockMs, of: `${filter.slice(0, 60)} on ${name}` }
      expect(blockMs, filter).toBeLessThanOrEqual(BLOCK_MAX_MS)
      if (verdict?.matches === false)
        expect(['filter_false', 'filter_error']).toContain(verdict.reason)
    }
  })

  it('one that takes for ever is a verdict after 100 ms, and the next event has one too', async () => {
    const filter = 'data.a.exists(x, size(data.a + data.a + data.a + data.a) < 0)'
    const data = { a: Array.from({ length: 30_000 }, () => 0) }
    const began = performance.now()
    expect(await asked(filter, event('for-ever', data, 'one'))).toEqual({
      matches: false,
      reason: 'filter_error',
      detail: 'The filter failed: it takes longer than 100 ms.',
    })
    expect(performance.now() - began).toBeLessThan(2_000)
    expect(await asked(filter, event('short', { a: [] }, 'one'))).toMatchObject({
      reason: 'filter_false',
    })
  })

  it('the same event is not evaluated again where its group is matched again', async () => {
    const filter = 'data.a.all(x, size(data.a + data.a + data.a) > 0) // again'
    const data = { a: Array.from({ length: 30_000 }, () => 0) }
    const first = await asked(filter, event('again', data))
    const began = performance.now()
    expect(await asked(filter, event('again', data))).toEqual(first)
    expect(performance.now() - began).toBeLessThan(50)
  })

  it('a hundred webhooks whose filters take for ever hold an event up for seconds, not for minutes', async () => {
    const data = { a: Array.from({ length: 20_000 }, () => 0) }
    const webhooks = Array.from({ length: 120 }, (_, n) => ({
      events: ['*'],
      state: 'active' as const,
      filter: `data.a.exists(x, size(data.a + data.a) < ${n}) // many`,
    }))
    const of = async (id: string) => {
      const one = event(id, data, 'many')
      const began = performance.now()
      for (const webhook of webhooks) expect((await judge(webhook, one)).matches).toBe(false)
      return performance.now() - began
    }
    expect(await of('first')).toBeLessThan(15_000)
    // all of them are known to be slow now
    expect(await of('second')).toBeLessThan(5_000)
  })
})
