import { describe, expect, it } from 'vitest'
import { judgeGrowth, type Sample } from './growth.ts'

/** A run of sixteen minutes; `at` says what a minute has otherwise. */
function run(at: (minute: number) => Partial<Sample> = () => ({})): Sample[] {
  return Array.from({ length: 16 }, (_, minute) => ({
    accepted: minute * 240,
    residentMib: { 'herald A': 300 + (minute % 3) * 30 },
    handles: { 'herald A': 80 + (minute % 2) * 10 },
    openWorkflows: 3,
    storedMib: 20 + minute * 5,
    ...at(minute),
  }))
}

describe('what a soak takes', () => {
  it('may go up and down, and the files with what was accepted', () => {
    expect(judgeGrowth(run()).wrong).toEqual([])
  })

  it('is not judged by its run-in, nor by a part that was down', () => {
    const samples = run((minute) => ({
      ...(minute < 3 && { residentMib: { 'herald A': 90 }, storedMib: 1 }),
      ...(minute === 6 && { residentMib: {}, handles: {} }),
    }))
    expect(judgeGrowth(samples).wrong).toEqual([])
  })

  it.each([
    ['memory', (minute: number) => ({ residentMib: { 'herald A': 300 + minute * 30 } })],
    ['handles', (minute: number) => ({ handles: { 'herald A': 80 + minute * 20 } })],
    ['workflows', (minute: number) => ({ openWorkflows: 3 + minute * 10 })],
    ['files', (minute: number) => ({ storedMib: minute ** 3 })],
  ])('that goes on growing is named: %s', (_what, at) => {
    expect(judgeGrowth(run(at)).wrong).toHaveLength(1)
  })

  it('is not judged where the run is short, and that is said', () => {
    const { seen, wrong } = judgeGrowth(run().slice(0, 7))
    expect([seen, wrong]).toEqual(['7 samples; it is judged from 8 on', []])
  })
})
