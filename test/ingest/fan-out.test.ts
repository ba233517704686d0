import { describe, expect, it } from 'vitest'
import { FanOut } from '../../src/ingest/fan-out.ts'

const kind = (type: string, tenant = 'default') => ({ tenant, type })

describe('what an event probably makes', () => {
  it('is what the last one of its tenant and type made, where that is many', () => {
    const fanOut = new FanOut()
    fanOut.note(kind('wide'), 5_000)
    fanOut.note(kind('narrow'), 19)
    expect(fanOut.of(kind('wide'))).toBe(5_000)
    expect(fanOut.of(kind('wide', 'other'))).toBe(1)
    expect(fanOut.of(kind('narrow'))).toBe(1)
    fanOut.note(kind('wide'), 2)
    expect(fanOut.of(kind('wide'))).toBe(1)
  })

  it('is remembered of a thousand types, those that came last', () => {
    const fanOut = new FanOut()
    for (let n = 0; n <= 1_000; n++) fanOut.note(kind(`type.${n}`), 20)
    expect([0, 1, 1_000].map((n) => fanOut.of(kind(`type.${n}`)))).toEqual([1, 20, 20])
  })
})
