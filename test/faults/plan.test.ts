import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { combined, jittered, often } from '../../faults/plan.ts'
import { ROWS } from '../../faults/table.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const seeds = Array.from({ length: 200 }, (_, seed) => seed)

describe('faults at once', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(combined(7, ROWS)).toEqual(combined(7, ROWS))
    expect(new Set(seeds.map((seed) => JSON.stringify(combined(seed, ROWS)))).size).toBe(200)
  })

  it('are two or three, twice, each on another part', () => {
    for (const { steps } of seeds.map((seed) => combined(seed, ROWS))) {
      const waves = [
        steps.filter(({ atMs }) => atMs < 9_000),
        steps.filter(({ atMs }) => atMs >= 9_000),
      ]
      for (const wave of waves) {
        expect(wave.length).toBeGreaterThanOrEqual(2)
        expect(wave.length).toBeLessThanOrEqual(3)
        expect(new Set(wave.map(({ on }) => on)).size).toBe(wave.length)
      }
    }
  })
})

describe('the steps of a row', () => {
  it('move by the seed, by less than 300 ms, and the same way each time', () => {
    const steps = often(3, 1_000, { on: 'herald A', does: 'kill', atMs: 500, forMs: 10 })
    expect(jittered(steps, 4)).toEqual(jittered(steps, 4))
    expect(jittered(steps, 4)).not.toEqual(jittered(steps, 5))
    for (const [nth, step] of jittered(steps, 4).entries()) {
      expect(step.atMs - (steps[nth]?.atMs ?? 0)).toBeGreaterThanOrEqual(0)
      expect(step.atMs - (steps[nth]?.atMs ?? 0)).toBeLessThanOrEqual(300)
    }
  })

  it('are taken on several parts in turn', () => {
    const step = { on: 'a', does: 'kill', atMs: 0, forMs: 0 }
    expect(often(3, 10, step, ['a', 'b']).map(({ on, atMs }) => [on, atMs])).toEqual([
      ['a', 0],
      ['b', 10],
      ['a', 20],
    ])
  })
})

describe('the table of faults', () => {
  it('has every row of the matrix once, each with steps or with the reason why not', () => {
    const ids = ROWS.map(({ id }) => id)
    const matrix = Array.from({ length: 32 }, (_, nth) => `F${String(nth + 1).padStart(2, '0')}`)
    expect(new Set(ids).size).toBe(ids.length)
    expect(matrix.filter((id) => !ids.includes(id))).toEqual([])
    const neither = ROWS.filter((row) => (row.steps.length === 0) !== Boolean(row.notHere))
    expect(neither.map(({ id }) => id)).toEqual(['F00'])
  })

  it('names only tests that are there', () => {
    const named = ROWS.flatMap(({ notHere = '' }) => /test\/\S+/.exec(notHere) ?? [])
    expect(named.length).toBeGreaterThan(0)
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })
})
