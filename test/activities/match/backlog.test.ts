import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Backlog } from '../../../src/activities/match/backlog.ts'

const MAX = 100

/** A group of deliveries for some webhooks, and how long counting and writing take it, in turns of the event loop. */
const group = fc.record({
  wanted: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 1, max: 40 })),
  before: fc.nat(5),
  writing: fc.nat(5),
})

const turns = async (count: number) => {
  for (let n = 0; n < count; n++) await Promise.resolve()
}

it('groups that are admitted at the same time never take a webhook over its limit, and fill it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(group, { minLength: 1, maxLength: 30 }), async (groups) => {
      const rows = new Map<string, number>()
      const asked = new Map<string, number>()
      const backlog = new Backlog(
        {
          counts: async (webhook) => {
            await turns(2)
            const held = rows.get(webhook) ?? 0
            await turns(2)
            return { held, retrying: 0, pending: 0 }
          },
        },
        MAX,
      )
      let largest = 0
      await Promise.all(
        groups.map(async ({ wanted, before, writing }) => {
          await turns(before)
          for (const [webhook, count] of Object.entries(wanted)) {
            asked.set(webhook, (asked.get(webhook) ?? 0) + count)
            largest = Math.max(largest, count)
          }
          const { admitted, stored } = await backlog.admit(new Map(Object.entries(wanted)))
          await turns(writing)
          for (const [webhook, count] of admitted)
            rows.set(webhook, (rows.get(webhook) ?? 0) + count)
          stored()
        }),
      )
      for (const [webhook, count] of asked) {
        const owed = rows.get(webhook) ?? 0
        expect(owed).toBeLessThanOrEqual(MAX)
        expect(owed).toBe(Math.min(count, MAX))
      }
    }),
    { numRuns: 5_000 },
  )
})

it('a count that fails leaves nobody waiting', async () => {
  let fails = true
  const counts = () =>
    fails ? Promise.reject(new Error('no')) : Promise.resolve({ held: 0, retrying: 0, pending: 0 })
  const backlog = new Backlog({ counts }, MAX)
  await expect(backlog.admit(new Map([['a', 50]]))).rejects.toThrow('no')
  fails = false
  const { admitted } = await backlog.admit(new Map([['a', 50]]))
  expect(admitted.get('a')).toBe(50)
})
