import { expect, it } from 'vitest'
import { pauseMs } from '../../src/ingest/pace.ts'

it('pauses between groups while the process is busy, never while it is idle, and never longer than 40 ms', () => {
  expect([0, 0.05].map(pauseMs)).toEqual([0, 0])
  const rising = [0.15, 0.2, 0.3].map(pauseMs)
  expect(rising).toEqual(rising.toSorted((a, b) => a - b))
  expect(rising[0]).toBeGreaterThan(0)
  expect([0.5, 1].map(pauseMs)).toEqual([40, 40])
})
