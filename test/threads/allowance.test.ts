import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Allowance } from '../../src/threads/allowance.ts'
import { FairQueue } from '../../src/threads/fair-queue.ts'

describe('the allowance for slow evaluations', () => {
  const slow = { owner: 'a', text: 'slow', size: 1_000 }
  const spent = () => {
    let nowMs = 0
    const allowance = new Allowance(() => nowMs)
    for (let n = 0; n < 40; n++) allowance.took(slow, 100)
    return { allowance, later: (ms: number) => (nowMs += ms) }
  }

  it('is 100 ms each until three seconds are spent', () => {
    const allowance = new Allowance(() => 0)
    for (let n = 0; n < 30; n++) {
      expect(allowance.limitMs(slow)).toBe(100)
      allowance.took(slow, 100)
    }
    expect(allowance.limitMs(slow)).toBe(0)
  })

  it('leaves alone what was not slow, smaller values, and other owners', () => {
    const { allowance } = spent()
    expect(allowance.limitMs(slow)).toBe(0)
    expect(allowance.limitMs({ ...slow, size: 501 })).toBe(0)
    expect(allowance.limitMs({ ...slow, size: 500 })).toBe(20)
    expect(allowance.limitMs({ ...slow, text: 'other' })).toBe(20)
    expect(allowance.limitMs({ ...slow, owner: 'b' })).toBe(100)
  })

  it('comes back with time', () => {
    const { allowance, later } = spent()
    later(11_000)
    expect(allowance.limitMs(slow)).toBe(100)
  })

  it('takes nothing for what is quick', () => {
    const allowance = new Allowance(() => 0)
    for (let n = 0; n < 10_000; n++) allowance.took(slow, 5)
    expect(allowance.limitMs(slow)).toBe(100)
  })
})

describe('a fair queue', () => {
  it('gives everything once, the oldest of an owner first, and nobody two turns while another waits', () => {
    const owners = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 40 })
    fc.assert(
      fc.property(owners, (given) => {
        const queue = new FairQueue<[owner: string, n: number]>()
        for (const [n, owner] of given.entries()) queue.add(owner, [owner, n])
        const left = new Map<string, number[]>()
        for (const [n, owner] of given.entries()) left.set(owner, [...(left.get(owner) ?? []), n])
        let last: string | undefined
        for (let item = queue.take(); item; item = queue.take()) {
          const [owner, n] = item
          expect(left.get(owner)?.shift()).toBe(n)
          const others = [...left].some(([other, items]) => other !== last && items.length > 0)
          if (others) expect(owner).not.toBe(last)
          last = owner
        }
        expect([...left.values()].flat()).toEqual([])
        expect(queue.isEmpty).toBe(true)
      }),
    )
  })

  it('forgets what is removed, and says whether it was there', () => {
    const queue = new FairQueue<string>()
    queue.add('a', 'x')
    expect([queue.remove('a', 'y'), queue.remove('b', 'x'), queue.remove('a', 'x')]).toEqual([
      false,
      false,
      true,
    ])
    expect([queue.isEmpty, queue.take()]).toEqual([true, undefined])
  })
})
